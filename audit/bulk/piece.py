"""A piece of an export: some thousand records of one partition, read, chosen and written down in the file's format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import TracebackType

from msgspec import Struct

from audit.bulk.events import Row, Rows, Selection
from audit.bulk.parquet import columns_of
from audit.bulk.spreadsheet import lines_of
from ledger.reader import Reader
from projections.read.period import Period

FORMATS: dict[str, Callable[[list[Row]], bytes]] = {"parquet": columns_of, "csv": lines_of}


class Given(Struct, frozen=True):
    """What holds for all pieces of an export."""

    kafka_bootstrap: str
    format: str
    first: date | None
    last: date | None
    type: str | None
    with_quarantine: bool

    @property
    def selection(self) -> Selection:
        """Which records are wanted."""
        period = Period(self.first, self.last) if self.first and self.last else None
        return Selection(period, self.type, self.with_quarantine)


class Piece(Struct, frozen=True):
    """Records from `first` up to before `until`; what each is (`audit.bulk.standing`), why some were set aside."""

    partition: int
    first: int
    until: int
    what: bytes
    reasons: dict[int, str]


class Written(Struct, frozen=True):
    """How many rows of each sort a piece has, and the rows in the file's format."""

    records: int
    events: int
    quarantined: int
    content: bytes


class Desk:
    """Writes pieces, one after the other, over one connection to Kafka; a context manager."""

    def __init__(self, given: Given) -> None:
        self._reader = Reader(given.kafka_bootstrap)
        self._rows = Rows(given.selection)
        self._encode = FORMATS[given.format]

    def __enter__(self) -> Desk:
        self._reader.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._reader.__exit__()

    def write(self, piece: Piece) -> Written:
        """Raises `OutcomeUnknown`, `LedgerUnsound`."""
        rows: list[Row] = []
        records = 0
        for batch in self._reader.batches({piece.partition: piece.first}, {piece.partition: piece.until}):
            rows += self._rows.of(batch, piece.first, piece.what, piece.reasons)
            records += len(batch.records)
        quarantined = sum(row[-1] is not None for row in rows)
        return Written(records, len(rows) - quarantined, quarantined, self._encode(rows))
