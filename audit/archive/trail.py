"""What the records of a partition hash to as they come one after the other: the chain, and the root of their tree.

Leaf number = offset: an offset that the log skipped has a leaf too (`audit.leaf`). Pure; the state is small, so that
an archive goes on where it ended without being read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from audit.archive.frames import chain_start, chained
from audit.leaf import missing_leaf_bytes
from audit.merkle import EMPTY_ROOT, leaf_hash, node_hash


class Trail:
    """`next` is the offset after the last record; `roots` of the sizes in `wanted` are kept as they are passed."""

    def __init__(self, ledger_id: str, partition: int, wanted: Sequence[int] = ()) -> None:
        self.ledger_id, self.partition = ledger_id, partition
        self.start: int | None = None
        self.next = self.records = 0
        self.chain = chain_start(ledger_id, partition)
        self.last_leaf = b""
        self.peaks: list[bytes] = []  # roots of the complete subtrees, the largest first
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self._wanted = frozenset(wanted)

    def add(self, offset: int, leaf: bytes) -> None:
        """The next record: its offset is at or after `next`."""
        if self.start is None:
            self.start = offset
        for missing in range(self.next, offset):
            self._grow(leaf_hash(missing_leaf_bytes(self.ledger_id, self.partition, missing)))
        self._grow(leaf)
        self.records += 1
        self.chain, self.last_leaf = chained(self.chain, leaf), leaf

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        hashed = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            hashed = node_hash(left, hashed)
        return hashed

    def _grow(self, leaf: bytes) -> None:
        self.peaks.append(leaf)
        size = self.next
        while size & 1:
            right = self.peaks.pop()
            self.peaks[-1] = node_hash(self.peaks[-1], right)
            size >>= 1
        self.next += 1
        if self.next in self._wanted:
            self.roots[self.next] = self.root()


def digest_of(content: bytes) -> str:
    """SHA-256 as the manifest writes it."""
    return sha256(content).hexdigest()
