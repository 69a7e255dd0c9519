"""Holds records against seals: the first record of a partition that is not what was sealed.

Pure, over any records: of the ledger, or of an archive's files. The seals say whether something is wrong; the leaf
hashes in the tiles say where exactly, as long as they are themselves what was sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audit.leaf import leaf_of, missing_leaf_bytes
from audit.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash
from audit.seals import Fault
from audit.tiles import WIDTH, Growing, Load
from ledger.record import RawRecord

_AT_ONCE = 4_096
Sealed = tuple[int, str, int]
"""How far a seal reaches, the root there in hexadecimal, the seal's number."""


class Inspection:
    """One partition: give it records in their order, then `end` it. `fault` is the first thing that is wrong."""

    def __init__(self, ledger: str, partition: int, sealed: Iterable[Sealed], load: Load) -> None:
        self.fault: Fault | None = None
        self._ledger, self._partition, self._load = ledger, partition, load
        self._leaf = leaf_of(ledger, partition)
        self._sealed = list(sealed)
        self._end = self._sealed[-1][0] if self._sealed else 0
        self._growing, self._fresh = Growing(), list[bytes]()
        self._next = self._sound = self._at = 0
        self._differs: int | None = None
        self._tile = b""
        self._compare()

    def take(self, records: Iterable[RawRecord]) -> None:
        """The next records; what lies past the last seal is not looked at."""
        for record in records:
            if self.fault or (record.offset >= self._end <= self._next):
                return
            if record.offset < self._next:
                self._misplaced(record.offset)
                return
            self._skip_to(min(record.offset, self._end))
            if record.offset < self._end:
                self._add(self._leaf(record))

    def end(self) -> Fault | None:
        """What is wrong, after the last record: what is missing then was sealed and is gone."""
        self._skip_to(self._end)
        return self.fault

    def _skip_to(self, offset: int) -> None:
        while self._next < offset and not self.fault:
            self._add(leaf_hash(missing_leaf_bytes(self._ledger, self._partition, self._next)))

    def _add(self, hashed: bytes) -> None:
        place = self._next % WIDTH
        if not place:
            self._tile = self._load(0, self._next // WIDTH)
        if self._differs is None and self._tile[place * HASH_BYTES : (place + 1) * HASH_BYTES] != hashed:
            self._differs = self._next
        self._fresh.append(hashed)
        self._next += 1
        if self._next % _AT_ONCE == 0:
            self._grow()
        self._compare()

    def _compare(self) -> None:
        """Where a seal reaches to here, its root has to be the one of these records."""
        while not self.fault and self._at < len(self._sealed) and self._sealed[self._at][0] == self._next:
            following, root, seal = self._sealed[self._at]
            self._grow()
            if (self._growing.root() if following else EMPTY_ROOT).hex() != root:
                self._changed(following, root, seal)
            elif self._differs is not None:
                self.fault = self._fault(
                    "账本相符，封印砖块被改动", "the ledger is what was sealed, a tile is not", seal, self._differs
                )
            self._sound, self._at = following, self._at + 1

    def _grow(self) -> None:
        self._growing.add(self._fresh)
        self._growing.changed()  # nobody keeps them
        self._fresh.clear()

    def _changed(self, following: int, root: str, seal: int) -> None:
        exact = self._differs is not None and self._tiles_say(following, root)
        first = self._differs if exact else self._sound
        self.fault = self._fault(
            "与封印不符", "is not what was sealed", seal, first, None if exact else max(self._sound, following - 1)
        )

    def _misplaced(self, offset: int) -> None:
        """A record at an offset that was passed: a double, or records that changed places."""
        first = offset if self._differs is None else min(offset, self._differs)
        seal = next(number for following, _, number in self._sealed if following > first)
        self.fault = self._fault("重复或次序颠倒", "stands twice, or in another order", seal, first)

    def _fault(self, what: str, english: str, seal: int, offset: int | None, last: int | None = None) -> Fault:
        return Fault(what, english, seal, self._partition, offset, last)

    def _tiles_say(self, following: int, root: str) -> bool:
        """Whether the leaf hashes in the tiles are what was sealed: only then do they name a place."""
        told = Growing()
        for number in range(-(-following // WIDTH)):
            tile = self._load(0, number)[: (following - number * WIDTH) * HASH_BYTES]
            told.add([tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)])
            told.changed()
        return told.size == following and told.root().hex() == root


def inspect(
    ledger: str, partition: int, records: Iterable[RawRecord], sealed: Sequence[Sealed], load: Load
) -> Fault | None:
    """What is wrong with a partition's records, first offset first; None where they are what was sealed."""
    inspection = Inspection(ledger, partition, sealed, load)
    inspection.take(records)
    return inspection.end()
