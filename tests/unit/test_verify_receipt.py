"""The stand-alone verifier: it takes what we sign, and nothing that was changed in any place."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.merkle import inclusion_path
from audit.receipts import written
from audit.standalone.verify_receipt import ORDER, fault_of, is_signed, main
from audit.tiles import node_of
from tests.sealed import SIGNER, kept, made

KEY = bytes.fromhex(SIGNER.public_key)
# RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def receipt() -> dict[str, Any]:
    told = made(random.Random(4), 300)
    sealed = kept(told, [200, told[-1].offset + 1])
    record = next(record for record in told[70:] if record.headers)
    path = inclusion_path(record.offset, sealed.seals[-1].records, node_of(sealed.load))
    return written(sealed.seals[-1], 0, record, path)


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_signatures_are_those_of_the_rfc(secret: str, public: str, message: str, signature: str) -> None:
    key, text, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert is_signed(key, text, signed)
    assert not is_signed(key, text + b"x", signed)
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).sign(text) == signed


def test_signatures_of_the_library_are_taken_and_changed_ones_are_not() -> None:
    chance = random.Random(1)
    for _ in range(10):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        text = chance.randbytes(50)
        public, signed = private.public_key().public_bytes_raw(), private.sign(text)
        assert is_signed(public, text, signed)
        changed = bytearray(signed)
        changed[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not is_signed(public, text, bytes(changed))
        again = int.from_bytes(signed[32:], "little") + ORDER  # the same modulo the order: a second signature
        assert not is_signed(public, text, signed[:32] + again.to_bytes(32, "little"))
        assert not is_signed(public, text, signed[:-1])
        assert not is_signed(public[:-1], text, signed)


def test_a_receipt_is_genuine_with_the_published_key_alone(receipt: dict[str, Any]) -> None:
    assert fault_of(receipt, KEY) is None
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    assert fault_of(receipt, other) is not None


def leaves_of(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the single values of a document stand."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        return [place]
    return [one for key, inner in items for one in leaves_of(inner, (*place, key))]


def test_no_value_of_a_receipt_can_be_changed_or_taken_away(receipt: dict[str, Any], tmp_path: Path) -> None:
    unread = {("receipt",), ("key",)}  # the format, and the key that the receipt names: the published one counts
    places = [place for place in leaves_of(receipt) if place not in unread]
    assert len(places) > 20
    for place in places:
        changes: list[Any] = ["other", None, -1, 10**40, [], "00"]
        for change in changes:
            forged = json.loads(json.dumps(receipt))
            inner = forged
            for key in place[:-1]:
                inner = inner[key]
            before = inner[place[-1]]
            inner[place[-1]] = before + 1 if isinstance(before, int) and change == "other" else change
            if inner[place[-1]] == before:
                continue
            (tmp_path / "receipt.json").write_text(json.dumps(forged))
            assert main([str(tmp_path / "receipt.json"), SIGNER.public_key]) == 1, (place, change)


@pytest.mark.parametrize("text", ["[]", "{}", "null", "1", '{"record": {}}', "[" * 200_000, "nonsense", "\ud800"])
def test_what_is_no_receipt_is_not_genuine(text: str, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert main([str(path), SIGNER.public_key]) in (1, 2)


def test_the_key_may_be_in_a_file_and_what_can_not_be_read_is_told(
    receipt: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = tmp_path / "receipt.json", tmp_path / "key.hex"
    path.write_text(json.dumps(receipt))
    key.write_text(SIGNER.public_key + "\n")
    assert main([str(path), str(key)]) == 0
    assert capsys.readouterr().out.startswith("真实 · genuine: ")
    assert main([str(path), "no key"]) == main([str(tmp_path / "none"), str(key)]) == main([]) == 2


def test_the_verifier_stands_alone_and_is_short() -> None:
    text = (Path(__file__).resolve().parents[2] / "audit" / "standalone" / "verify_receipt.py").read_text("utf-8")
    assert len(text.splitlines()) <= 150
    imported = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported == {"__future__", "json", "sys", "base64", "hashlib", "pathlib", "typing"}
