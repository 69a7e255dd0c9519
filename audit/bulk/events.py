"""The ledger's records as rows of columns, partition after partition in order of offsets: the same rows each time.

One typed decode, one look at the members of `data`, one tuple a record; a file's format makes columns of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from audit.bulk.showing import Shown, is_sound, shown_by
from audit.bulk.standing import COUNTS, REPEAT, SET_ASIDE
from ledger.codec import EPOCH, Examiner
from ledger.event import latest
from ledger.record import Batch, RawRecord
from ledger.topics import PARTITIONS
from projections.read.period import Period, QuestionRefused

COLUMNS = (
    "partition", "offset", "stamp", "time", "type", "version", "subject", "id", "source", "authid",
    "correlationid", "causationid", "data", "quarantined",
)  # fmt: skip
Row = tuple[Any, ...]
"""One value a column: offsets as integers, `stamp` in milliseconds since 1970, `time` as a datetime, texts, bytes."""
Report = Callable[[int, int], None]
"""Called with records read so far and records in all."""


class _Lean(Struct, gc=False):
    time: datetime
    type: str
    dataschema: str
    subject: str
    id: str
    source: str
    authid: str
    data: Raw
    correlationid: str | None = None
    causationid: str | None = None


_decode = msgspec.json.Decoder(_Lean).decode


class Selection(NamedTuple):
    """Which records: of a period by the events' time (all: None), of one type, with what was set aside or without.

    What was set aside has no time to trust: it is taken by its stamp, and shows nothing but where it stands and why.
    """

    period: Period | None = None
    type: str | None = None
    with_quarantine: bool = False

    def assert_sensible(self) -> None:
        """Raises `QuestionRefused`."""
        if self.type is not None and self.type not in latest:
            raise QuestionRefused(
                f"没有事件类型 {self.type} · there is no event type {self.type}", "全部类型 · All types: docs/events.md"
            )


class Rows:
    """Makes rows of records, as a selection wants them."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._examiner = Examiner(PARTITIONS)
        self._schemas: dict[str, tuple[int, Shown | None]] = {}

    def of(self, batch: Batch, first: int, what: bytes, reasons: Mapping[int, str]) -> list[Row]:
        """The rows of a batch; `what` says what each record from offset `first` on is (`audit.bulk.standing`)."""
        rows: list[Row] = []
        add, decode, schemas, partition = rows.append, _decode, self._schemas, batch.partition
        type_, (starts, ends) = self._selection.type, _bounds(self._selection.period)
        for raw in batch.records:
            offset = raw.offset
            is_ = what[offset - first]
            if is_ == REPEAT:
                continue
            if is_ == SET_ASIDE:
                rows += self._set_aside(partition, raw, reasons[offset])
                continue
            event = decode(raw.value)  # type: ignore[arg-type]
            if (type_ is not None and event.type != type_) or not starts <= event.time < ends:
                continue
            schema = event.dataschema
            version, shown = schemas.get(schema) or self._learn(schema)
            if is_ != COUNTS and not is_sound(raw, partition, self._examiner):
                shown = None  # nobody has checked that its personal fields are sealed
            add(
                (
                    partition, offset, raw.timestamp, event.time, event.type, version, event.subject, event.id,
                    event.source, event.authid, event.correlationid, event.causationid,
                    shown(event.data) if shown is not None else None, None,
                )
            )  # fmt: skip
        return rows

    def _learn(self, schema: str) -> tuple[int, Shown | None]:
        version = schema.rpartition(":")[2]
        known = (int(version) if version.isdecimal() and len(version) < 5 else 0, shown_by(schema))
        self._schemas[schema] = known
        return known

    def _set_aside(self, partition: int, raw: RawRecord, reason: str) -> Iterator[Row]:
        starts, ends = _bounds(self._selection.period)
        stamp = datetime.fromtimestamp(raw.timestamp / 1000, UTC)
        if self._selection.with_quarantine and starts <= stamp < ends:
            yield (partition, raw.offset, raw.timestamp, *(None,) * (len(COLUMNS) - 4), reason)


def _bounds(period: Period | None) -> tuple[datetime, datetime]:
    return (period.starts, period.ends) if period else (EPOCH, datetime.max.replace(tzinfo=UTC))
