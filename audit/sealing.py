"""Seals the ledger: reads what is new, grows the partitions' tiles, and signs one root over all partitions.

Tiles and how far they reach are one transaction, a seal is another, its line in the file comes last: whatever ends
in between is found by the next run, which goes on from there. Two that seal at once don't harm each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from audit.growth import Grower, reading_to
from audit.merkle import root_of
from audit.seal_file import SealFile
from audit.seal_store import (
    last_seal,
    ledger_id,
    positions,
    save_seal,
    save_tiles,
    seal_at,
    seals_since,
    tiles_of,
)
from audit.seals import Part, Seal, Signer, chain_fault, make_seal
from audit.tiles import Growing, node_of
from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.reader import Reader
from projections.store.connection import answering

AT_ONCE_RECORDS = 20_000


class Every(NamedTuple):
    """When a seal is due: so many records after the last one, or so much later where there is any."""

    records: int
    seconds: float


class Grown(NamedTuple):
    """What a step added to the tiles, and how many records the ledger holds beyond them."""

    added: int
    left: int


def is_due(every: Every, unsealed_records: int, last: Seal | None, now: datetime) -> bool:
    """Whether so many records that are in no seal yet are to be sealed now. The first seal is made at once."""
    if not unsealed_records or unsealed_records >= every.records or last is None:
        return bool(unsealed_records)
    return now - datetime.fromisoformat(last.made_at) >= timedelta(seconds=every.seconds)


class Sealing:
    """One sealer's work over connections that it is given; close it. Raises `OutcomeUnknown` where a server is away."""

    def __init__(self, kafka_bootstrap: str, signer: Signer, file: SealFile) -> None:
        self._bootstrap, self._signer, self._file = kafka_bootstrap, signer, file
        self._reader: Reader | None = None
        self._edges: dict[int, Growing] = {}  # as the tiles have them, for as long as nobody else adds any
        self._in_file = -1  # number of the last seal that the file is known to hold

    def unsealed(self, connection: Any) -> tuple[int, Seal | None]:
        """How many records are in no seal yet, and the newest seal."""
        with self._read_by() as reader, answering(), connection, connection.cursor() as cursor:
            last = last_seal(cursor)
            return sum(reader.ends.values()) - (last.records if last else 0), last

    def grow(self, connection: Any, at_once_records: int = AT_ONCE_RECORDS) -> Grown:
        """Adds the next records to the tiles, at most so many. Raises `LedgerUnsound` where the log lacks any."""
        with self._read_by() as reader:
            with answering(), connection, connection.cursor() as cursor:
                ledger, since = ledger_id(cursor), positions(cursor)
                until = reading_to(since, reader.ends, at_once_records)
                edges = {number: self._edge(cursor, number, since[number]) for number in until}
            if not until:
                return Grown(0, 0)
            growers = {number: Grower(ledger, number, edge) for number, edge in edges.items()}
            for batch in reader.batches({number: since[number] for number in until}, until):
                growers[batch.partition].take(batch.records)
            for number, grower in growers.items():
                grower.skip_to(until[number])
            with answering(), connection, connection.cursor() as cursor:
                if positions(cursor, locked=True) != since:  # somebody else was faster
                    return Grown(0, 1)
                save_tiles(cursor, {number: edge.changed() for number, edge in edges.items()}, until)
            self._edges |= edges
            added = sum(until[number] - since[number] for number in until)
            return Grown(added, sum(reader.ends.values()) - sum(since.values()) - added)

    def seal(self, connection: Any, now: Callable[[], datetime]) -> Seal | None:
        """Seals all that the tiles hold, None where nothing is new or not yet all was read; the file follows."""
        if not self.keep(connection):
            return None
        with answering(), connection, connection.cursor() as cursor:
            reached, last = positions(cursor, locked=True), last_seal(cursor)
            if sum(reached.values()) == (last.records if last else 0):
                return None
            edges = {number: self._edge(cursor, number, following) for number, following in sorted(reached.items())}
            parts = [Part(edge.size, edge.root().hex()) for edge in edges.values()]
            seal = make_seal(last, ledger_id(cursor), parts, now(), self._signer)
            save_seal(cursor, seal)
        self._edges |= edges
        self.keep(connection)
        return seal

    def keep(self, connection: Any) -> bool:
        """Brings file and table level: seals that only the file has (the database was restored) are taken over.

        False where the tiles don't reach as far as those yet. Raises `StoreUnsound` where file and table contradict
        each other, `LedgerUnsound` where the ledger contradicts a seal of the file.
        """
        with answering(), connection, connection.cursor() as cursor:
            reached, last = positions(cursor, locked=True), last_seal(cursor)
            if (last.number if last else 0) == self._in_file:
                return True
            with self._file.appending() as appending:
                kept = appending.last
                if kept and kept.number > (last.number if last else 0):
                    if self._is_behind(kept, reached):
                        return False
                    self._take_over(cursor, last)
                elif kept and (kept.ledger != ledger_id(cursor) or seal_at(cursor, kept.number) != kept):
                    raise _contradicted(self._file, kept.number)
                else:
                    appending.add(seals_since(cursor, kept.number if kept else 0))
            last = last_seal(cursor)
            self._in_file = last.number if last else 0
            return True

    def close(self) -> None:
        """Closes the connection to Kafka."""
        if self._reader is not None:
            self._reader.__exit__()
            self._reader = None

    def _edge(self, cursor: Any, partition: int, following: int) -> Growing:
        """A partition's tree as the tiles have it; it is ours alone until it is kept again.

        Raises `StoreUnsound` where the tiles don't reach so far.
        """
        edge = self._edges.pop(partition, None)
        if edge is not None and edge.size == following:
            return edge
        try:
            return Growing(following, tiles_of(cursor, partition))
        except IndexError as error:
            raise StoreUnsound(
                f"分区 {partition} 的封印砖块缺失 · tiles of partition {partition} are missing ({error})",
                "清空 shanzhi.seal_tile 并把 seal_position 归零，将从账本重算 · Empty shanzhi.seal_tile and set "
                "shanzhi.seal_position to 0: both are computed anew from the ledger.",
            ) from error

    def _take_over(self, cursor: Any, last: Seal | None) -> None:
        """Into the table what only the file has, if it is ours, follows, and the tiles say the same."""
        seals = list(self._file.seals())
        ours = {seal.key for seal in seals[: last.number]} if last else set()
        fault = chain_fault(seals, ledger_id(cursor), {*ours, self._signer.public_key})
        if fault or (last and seals[last.number - 1] != last):
            raise _contradicted(self._file, fault.seal if fault and fault.seal else last.number if last else 1)
        for number, part in enumerate(seals[-1].partitions):
            if not _says(cursor, number, part):
                raise LedgerUnsound(
                    f"分区 {number} 不是封印 {seals[-1].number} 所封 · partition {number} is not what seal "
                    f"{seals[-1].number} of {self._file.path} says",
                    "先从归档恢复账本 · Restore the ledger from its archive first; shanzhi seal check names the place.",
                )
        for seal in seals[last.number if last else 0 :]:
            save_seal(cursor, seal)

    def _is_behind(self, kept: Seal, reached: Mapping[int, int]) -> bool:
        """Whether the tiles reach less far than a seal, and the ledger holds what they lack."""
        ends = self._reader.ends if self._reader else {}
        return any(reached[number] < part.next <= ends.get(number, 0) for number, part in enumerate(kept.partitions))

    @contextmanager
    def _read_by(self) -> Iterator[Reader]:
        """The connection that is kept; one that failed is made anew."""
        try:
            if self._reader is None:
                self._reader = Reader(self._bootstrap).__enter__()
            else:
                self._reader.look()
            yield self._reader
        except BaseException:
            with suppress(Exception):
                self.close()
            raise


def _says(cursor: Any, partition: int, part: Part) -> bool:
    """Whether the tiles give this root at this size."""
    with suppress(IndexError):
        return root_of(part.next, node_of(tiles_of(cursor, partition))).hex() == part.root
    return False


def _contradicted(file: SealFile, number: int) -> StoreUnsound:
    return StoreUnsound(
        f"{file.path}：封印 {number} 与数据库中的不同 · seal {number} is not the one of the database",
        "查明哪一方被改动；另一个账本请换一个 SHANZHI_SEAL_FILE · Find out which one was changed (shanzhi seal check); "
        "for another ledger give another file.",
    )
