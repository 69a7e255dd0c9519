"""Events as replay tells them: the envelope with its data as sealed, and what there is to say of each."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from ledger.codec import EPOCH, Sound
from ledger.correction import Corrected, Voided
from ledger.envelope import ATTRIBUTES, Envelope
from ledger.event import kinds, latest
from ledger.record import RawRecord
from projections.read import QuestionRefused
from projections.read.answer import reading

MOST = 100_000


class Remark(Struct, frozen=True, omit_defaults=True):
    """What there is to say of an event: an `anomaly` with its reason, or that it was `voided` or `corrected`, where."""

    kind: str
    reason: str
    by: str | None = None
    field: str | None = None
    to: Any = None


class Told(Struct, frozen=True, kw_only=True):
    """One event. `event` is the envelope with its data as sealed, without data where this version knows no such type.

    `position` is `partition:offset`, `term` the Chinese word for the type, `sealed` the names of sealed fields.
    """

    position: str
    stamp: datetime
    time: datetime
    term: str | None
    event: dict[str, Any]
    sealed: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()


class Replayed(Struct, frozen=True):
    """Events by the time at which they happened; `is_cut`: there are more than were asked for."""

    told: list[Told]
    is_cut: bool


class Found:
    """The earliest events so far, at most twice the limit of them, and what corrects which event."""

    def __init__(self, limit: int) -> None:
        if not 1 <= limit <= MOST:
            raise QuestionRefused(
                f"--limit：{limit} 条超出范围 · can't be asked for", f"请在 1 至 {MOST} 之间 · Ask for 1 to {MOST}."
            )
        self._limit = limit
        self._kept: list[tuple[datetime, int, int, RawRecord]] = []
        self._corrections: dict[tuple[str, str, str], list[Remark]] = {}

    def add(self, partition: int, raw: RawRecord, said: Sound) -> None:
        """One more event; the latest ones go where there are too many."""
        time = said.record.time if said.record else msgspec.json.decode(raw.value or b"", type=Envelope).time
        self._kept.append((time.astimezone(UTC), partition, raw.offset, raw))
        if len(self._kept) > 2 * self._limit + 1:
            self._cut()

    def correct(self, partition: int, raw: RawRecord, said: Sound) -> None:
        """Notes what a correction says of which event."""
        record = said.record
        event = record.event if record else None
        if record is None or not isinstance(event, Corrected | Voided):
            return
        by = position_of(partition, raw.offset)
        remark = (
            Remark(kind="corrected", reason=event.reason, by=by, field=event.field, to=event.to)
            if isinstance(event, Corrected)
            else Remark(kind="voided", reason=event.reason, by=by)
        )
        key = (record.subject, event.event_source or record.source, event.event)
        self._corrections.setdefault(key, []).append(remark)

    def replayed(self, connection: Any, generation: str) -> Replayed:
        """What was found, with the anomalies that the tables know of it."""
        is_cut = len(self._kept) > self._limit
        self._cut()
        is_cut = is_cut or len(self._kept) > self._limit
        kept = self._kept[: self._limit]
        with reading(connection, generation) as cursor:
            odd = _anomalies(cursor, [(partition, offset) for _, partition, offset, _ in kept])
        return Replayed([self._told(*one, odd) for one in kept], is_cut)

    def _cut(self) -> None:
        self._kept = heapq.nsmallest(self._limit + 1, self._kept, key=lambda one: one[:3])

    def _told(
        self, time: datetime, partition: int, offset: int, raw: RawRecord, odd: dict[tuple[int, int], str]
    ) -> Told:
        event, sealed = readable(raw)
        reason = odd.get((partition, offset))
        remarks = [Remark(kind="anomaly", reason=reason)] if reason else []
        remarks += self._corrections.get((event["subject"], event["source"], event["id"]), [])
        kind = latest.get(event["type"])
        return Told(
            position=position_of(partition, offset),
            stamp=EPOCH + timedelta(milliseconds=raw.timestamp),
            time=time,
            term=kind.term if kind else None,
            event=event,
            sealed=sealed,
            remarks=tuple(remarks),
        )


def position_of(partition: int, offset: int) -> str:
    """`partition:offset`."""
    return f"{partition}:{offset}"


def readable(raw: RawRecord) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The envelope of a sound record, with data where its type is known, and the names of the sealed fields.

    Attributes and fields that are not of the catalogue were not checked and are left out.
    """
    whole = msgspec.json.decode(raw.value or b"null")
    event = {name: whole[name] for name in whole if name in ATTRIBUTES and name != "data"}
    kind = kinds.get(whole["dataschema"])
    if kind is None or kind.type != whole["type"]:
        return event, ()
    data = {name: whole["data"][name] for name in kind.wire_names.values() if name in whole["data"]}
    return event | {"data": data}, tuple(name for name in data if name in kind.personal_names)


def _anomalies(cursor: Any, positions: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    cursor.execute(
        "select own.partition, own.ledger_offset, own.reason from anomaly own "
        "join unnest(%s::smallint[], %s::bigint[]) asked (partition, ledger_offset) using (partition, ledger_offset)",
        ([partition for partition, _ in positions], [offset for _, offset in positions]),
    )
    return {(partition, offset): reason for partition, offset, reason in cursor}
