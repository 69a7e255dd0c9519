"""Finds the events of a pack: one scan of the ledger for what names it, then the streams of the matters it is in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from audit.bulk.files import Report
from audit.bulk.standing import COUNTS, UNFOLDED, Cut, standing
from audit.pack.about import About, Kin, told_subject, whole_streams
from ledger.errors import ShanzhiError
from ledger.reader import Reader
from ledger.record import RawRecord
from projections.store.connection import answering, connect

MOST_EVENTS = 10_000
MOST_BYTES = 64 * 1024 * 1024  # of stored events; a pack holds them once

Position = tuple[int, int]
"""Partition and offset."""


class PackRefused(ShanzhiError):
    """There is nothing to pack, or too much."""

    exit_code = 3


class Gathered(NamedTuple):
    """The records of a pack in order of their positions, and the matters whose whole streams are among them."""

    records: Mapping[Position, RawRecord]
    streams: list[str]


def gather(bootstrap: str, database_url: str, about: About, cut: Cut, report: Report) -> Gathered:
    """All events that belong to a pack, up to the cut. Raises `PackRefused`, `OutcomeUnknown`, `LedgerUnsound`."""
    with answering(), closing(connect(database_url, "shanzhi export")) as connection, Reader(bootstrap) as reader:
        own = _positions(connection, [about.subject], cut) if about.kind == "case" else set()
        if about.kind == "case" and not own:
            raise _nothing(about)
        kin = Kin()
        for record in _read(reader, own).values():
            kin.add(record.value or b"")
        named: dict[Position, str] = dict(_named(reader, database_url, about, kin, cut, report))
        if not named:
            raise _nothing(about)
        streams = whole_streams({about.subject, *named.values()} if own else set(named.values()))
        positions = _positions(connection, streams, cut) | named.keys() | own
        _assert_not_too_many(len(positions))
        records = _read(reader, positions)
    if sum(len(record.value or b"") for record in records.values()) > MOST_BYTES:
        raise _too_much(f"{MOST_BYTES // 2**20} MiB")
    return Gathered(records, streams)


def _named(
    reader: Reader, database_url: str, about: About, kin: Kin, cut: Cut, report: Report
) -> Iterator[tuple[Position, str]]:
    done, total, found = 0, sum(cut.next.values()), 0
    for partition, until in cut.next.items():
        what = standing(database_url, partition, until).what
        for batch in reader.batches({partition: 0}, {partition: until}):
            for record in batch.records:
                if what[record.offset] not in (COUNTS, UNFOLDED):
                    continue
                subject = told_subject(about, kin, record.value or b"")
                if subject is not None:
                    found += 1
                    _assert_not_too_many(found)
                    yield (partition, record.offset), subject
            done += len(batch.records)
            report(done, total)


def _positions(connection: Any, subjects: Collection[str], cut: Cut) -> set[Position]:
    """Where the streams of subjects stand, up to the cut."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select partition, ledger_offset from shanzhi.event_index where subject = any(%s) limit %s",
            (list(subjects), 10 * MOST_EVENTS),
        )
        return {(partition, offset) for partition, offset in cursor if offset < cut.next[partition]}


def _read(reader: Reader, positions: Collection[Position]) -> dict[Position, RawRecord]:
    """The records at the positions, in order."""
    found: dict[Position, RawRecord] = {}
    for partition in sorted({one for one, _ in positions}):
        read = reader.records(partition, [offset for one, offset in positions if one == partition])
        found |= {(partition, offset): read[offset] for offset in sorted(read)}
    return found


def _nothing(about: About) -> PackRefused:
    period = f" {about.period.first}..{about.period.last}" if about.period else ""
    return PackRefused(
        f"账本中没有关于 {about.subject}{period} 的事件 · the ledger has no events about it",
        "核对编号和时段 · Check the id and the period: shanzhi show",
    )


def _assert_not_too_many(events: int) -> None:
    if events > MOST_EVENTS:
        raise _too_much(f"{MOST_EVENTS} events")


def _too_much(bound: str) -> PackRefused:
    return PackRefused(
        f"超出一个审计包的上限 · more than a pack may hold ({bound})",
        "缩短时段，或按下级地点分别导出 · Take a shorter period or a smaller place, or export everything: --parquet.",
    )
