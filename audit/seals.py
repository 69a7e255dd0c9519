"""Seals: one signed root over all partitions at a time, each naming the one before it.

A seal's text is what is signed (Ed25519), and its SHA-256 is what the next seal names. Its root is the one of a tree
over the partitions, whose leaves are the lines `partition next root`: how far each partition is sealed, and the root
of its own tree of records. A seal is kept as one line of JSON, in PostgreSQL and in a file elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.merkle import leaf_hash, root

FIRST_PREVIOUS = "0" * 64  # of the first seal, which has none before it
_SEAL = "shanzhi seal 1\nledger {}\nnumber {}\nmade_at {}\nroot {}\nprevious {}\n"


class Part(msgspec.Struct, frozen=True):
    """How far a partition is sealed, and the root of its tree of records in hexadecimal."""

    next: int
    root: str


class Seal(msgspec.Struct, frozen=True):
    """A seal as it is kept; hashes, public key and signature in hexadecimal, `made_at` in RFC 3339, UTC."""

    number: int
    ledger: str
    made_at: str
    partitions: list[Part]
    root: str
    previous: str
    key: str
    signature: str

    @property
    def text(self) -> bytes:
        """What is signed."""
        return _SEAL.format(self.ledger, self.number, self.made_at, self.root, self.previous).encode()

    @property
    def hash(self) -> str:
        """What the next seal names as `previous`."""
        return sha256(self.text).hexdigest()

    @property
    def records(self) -> int:
        """Sealed so far, over all partitions."""
        return sum(part.next for part in self.partitions)

    @property
    def line(self) -> str:
        """One line of JSON, without its end."""
        return msgspec.json.encode(self).decode()


class Signer:
    """Signs with a private key of 32 bytes; `public_key` is what everybody may know, in hexadecimal."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def sign(self, text: bytes) -> str:
        """The signature in hexadecimal."""
        return self._key.sign(text).hex()


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a seal or with what it seals; `partition` and `offset` where a place can be named.

    `last` is the last offset that may be the first bad one, where the tiles can't say it exactly.
    """

    what: str
    what_english: str
    seal: int | None = None
    partition: int | None = None
    offset: int | None = None
    last: int | None = None


def parse_seal(line: str | bytes) -> Seal | None:
    """A seal from its line, None where it is none."""
    try:
        return msgspec.json.decode(line, type=Seal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def part_hashes(partitions: Sequence[Part]) -> list[bytes]:
    """The leaves of the tree over the partitions."""
    return [leaf_hash(f"{number} {part.next} {part.root}".encode()) for number, part in enumerate(partitions)]


def make_seal(previous: Seal | None, ledger: str, parts: Sequence[Part], made_at: datetime, signer: Signer) -> Seal:
    """The seal that follows `previous`."""
    unsigned = Seal(
        number=previous.number + 1 if previous else 1,
        ledger=ledger,
        made_at=made_at.astimezone(UTC).isoformat(),
        partitions=list(parts),
        root=root(part_hashes(parts)).hex(),
        previous=previous.hash if previous else FIRST_PREVIOUS,
        key=signer.public_key,
        signature="",
    )
    return msgspec.structs.replace(unsigned, signature=signer.sign(unsigned.text))


def is_signed(seal: Seal) -> bool:
    """Whether the key that the seal names signed it."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal.key)).verify(bytes.fromhex(seal.signature), seal.text)
    except (InvalidSignature, ValueError):
        return False
    return True


def chain_fault(seals: Iterable[Seal], ledger: str, trusted: Collection[str]) -> Fault | None:
    """The first seal that does not follow from the one before it, is not signed by a trusted key, or goes back."""
    previous: Seal | None = None
    for seal in seals:
        fault = _link_fault(previous, seal, ledger, trusted)
        if fault:
            return Fault(*fault, seal=seal.number)
        previous = seal
    return None


def _link_fault(
    previous: Seal | None, seal: Seal, ledger: str, trusted: Collection[str]
) -> tuple[str, str] | None:
    if seal.number != (previous.number + 1 if previous else 1):
        return "封印编号不连续", "its number does not follow"
    if seal.ledger != ledger:
        return "属于另一个账本", "it is of another ledger"
    if seal.previous != (previous.hash if previous else FIRST_PREVIOUS):
        return "与上一封印不相接", "it does not name the seal before it"
    if seal.key not in trusted:
        return "不是可信密钥所签", f"it was signed by a key that is not trusted: {seal.key}"
    if not is_signed(seal):
        return "签名不符", "its signature does not fit"
    if root(part_hashes(seal.partitions)).hex() != seal.root:
        return "总根与各分区的根不符", "its root is not the one of its partitions"
    if previous and _goes_back(previous, seal):
        return "封存范围后退", "it reaches less far than the one before it"
    return None


def _goes_back(previous: Seal, seal: Seal) -> bool:
    if len(seal.partitions) < len(previous.partitions):
        return True
    pairs = zip(seal.partitions, previous.partitions, strict=False)
    return any(now.next < before.next for now, before in pairs)


def sealed_roots(seals: Iterable[Seal], partition: int) -> Iterator[tuple[int, str, int]]:
    """How far the seals reach in a partition, with the root there and the first seal that says so: (next, root, seal).

    Of seals that reach equally far and say the same, the first.
    """
    last: tuple[int, str] | None = None
    for seal in seals:
        part = seal.partitions[partition]
        if (part.next, part.root) != last:
            yield part.next, part.root, seal.number
        last = part.next, part.root
