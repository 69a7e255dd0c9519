"""Which records of a partition count: those that the index names or, made afresh, the first of each identity."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Set
from typing import Any, Protocol

from ledger.codec import Examiner, Sound, Verdict
from ledger.record import Batch, RawRecord, Record
from projections.store.plan import judge, settle
from projections.store.rows import Indexed, Plan, Standing

_HASH_BYTES = 32


class Counting(Protocol):
    """Asked for each batch in order; `place` is asked once more for records of streams that were corrected."""

    def counted(self, batch: Batch, plan: Plan) -> list[Record[Any]]:
        """The records that folds see; what else there is to say of the batch goes into the plan."""

    def place(self, raw: RawRecord, partition: int) -> Standing:
        """A record that is known to count, in its stream."""


class ByIndex:
    """What a sound index names was examined when it was indexed. `unknown` are offsets of types that were unknown."""

    def __init__(self, examiner: Examiner, offsets: array[int], unknown: Set[int]) -> None:
        self._examiner, self._offsets, self._unknown = examiner, offsets, unknown

    def counted(self, batch: Batch, plan: Plan) -> list[Record[Any]]:
        """As `Counting`."""
        offsets, records, partition = self._offsets, batch.records, batch.partition
        first = bisect_left(offsets, records[0].offset)
        named = set(offsets[first : bisect_left(offsets, records[-1].offset + 1, first)])
        counted, unknown = self._examiner.counted, self._unknown
        if not unknown.isdisjoint(named):
            found = [self.place(raw, partition).record for raw in records if raw.offset in named]
        else:
            found = [counted(raw, partition) for raw in records if raw.offset in named]
        return [record for record in found if record is not None]

    def place(self, raw: RawRecord, partition: int) -> Standing:
        """As `Counting`. What was unknown was never examined as a whole."""
        if raw.offset not in self._unknown:
            return Standing(raw.offset, self._examiner.counted(raw, partition))
        said = self._examiner.examine(raw, partition)
        return Standing(raw.offset, said.record if isinstance(said, Sound) else None)


class Afresh:
    """Settles anew what counts; `refused` are verdicts that the records alone don't tell, by offset."""

    def __init__(self, examiner: Examiner, refused: Mapping[int, Verdict]) -> None:
        self._examiner, self._refused = examiner, refused
        self._known = Identities()

    def counted(self, batch: Batch, plan: Plan) -> list[Record[Any]]:
        """As `Counting`. Index rows, repeats, verdicts and gaps go into the plan."""
        items = [(raw, self._verdict(raw.offset, said)) for raw, said in judge(batch, self._examiner).items]
        before = len(plan.index)
        counted = settle(items, plan.next, self._known, plan)
        for row in plan.index[before:]:
            self._known.add(row.identity, row.offset, row.content)
        return counted

    def place(self, raw: RawRecord, partition: int) -> Standing:
        """As `Counting`."""
        said = self._examiner.examine(raw, partition)
        return Standing(raw.offset, said.record if isinstance(said, Sound) else None)

    def _verdict(self, offset: int, said: Sound | Verdict) -> Sound | Verdict:
        refused = self._refused.get(offset)
        return said if refused is None else Verdict(refused.reason, refused.detail, said.identity)


class Identities(Mapping[str, Indexed]):
    """All identities of a partition, in a third of the memory that the rows of the index take."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._offsets = array("q")
        self._contents = bytearray()

    def add(self, identity: str, offset: int, content: str) -> None:
        """The event that counts under a new identity."""
        self._numbers[bytes.fromhex(identity)] = len(self._offsets)
        self._offsets.append(offset)
        self._contents += bytes.fromhex(content)

    def get(self, identity: str, default: Any = None) -> Any:
        """What the index holds of an identity."""
        number = self._numbers.get(bytes.fromhex(identity))
        if number is None:
            return default
        at = number * _HASH_BYTES
        return Indexed(self._offsets[number], self._contents[at : at + _HASH_BYTES].hex())

    def __getitem__(self, identity: str) -> Indexed:
        found: Indexed | None = self.get(identity)
        if found is None:
            raise KeyError(identity)
        return found

    def __iter__(self) -> Iterator[str]:
        return (one.hex() for one in self._numbers)

    def __len__(self) -> int:
        return len(self._offsets)
