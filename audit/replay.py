"""Replay: what the ledger says of a subject, or of a type, a time and a place, event by event.

Only records that count are told: neither repeats nor what was set aside. What is sealed stays sealed. The ledger is
read as a stream; what is kept is bounded by the limit that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from audit.counted import counting, spoken_of
from audit.told import Found, Replayed
from ledger.codec import Examiner, Sound
from ledger.correction import Correction
from ledger.event import latest
from ledger.event import types as event_types
from ledger.partition import partition_of
from ledger.reader import Reader
from ledger.record import Batch
from ledger.topics import PARTITIONS
from projections.families import fingerprint
from projections.read import QuestionRefused
from projections.read.answer import reading
from projections.store.connection import answering, connect
from projections.store.generation import current_generation, current_of
from projections.store.restate import STREAM_RECORDS

LIMIT = 1_000
Report = Callable[[int, int], None]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which events: of these types, from a time on, before a time, at a place or below it (today's tree)."""

    types: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    place: str | None = None


def types_of(name: str) -> frozenset[str]:
    """The event types of a name: a type (`case.whistled`), or all of a family (`case`). Raises `QuestionRefused`."""
    found = frozenset(one for one in latest if name in (one, one.partition(".")[0]))
    if not found:
        near = get_close_matches(name, latest, n=3, cutoff=0.5)
        raise QuestionRefused(
            f"--type：没有事件类型“{name[:80]}” · there is no event type of this name",
            f"是不是 · Perhaps {', '.join(near)}?" if near else "全部类型 · All types: shanzhi describe",
        )
    return found


def replay_subject(bootstrap: str, database_url: str, subject: str, limit: int = LIMIT) -> Replayed:
    """The stream of a subject, found by the event index. Raises `QuestionRefused` where there is none."""
    partition = partition_of(subject.encode(), PARTITIONS)
    with answering(), closing(connect(database_url, "shanzhi replay")) as connection:
        generation = current_generation(connection)
        with reading(connection, generation) as cursor:
            cursor.execute(
                "select ledger_offset from shanzhi.event_index where partition = %s and subject = %s "
                "order by ledger_offset limit %s",
                (partition, subject, max(limit, STREAM_RECORDS) + 1),
            )
            offsets = [offset for (offset,) in cursor]
        if not offsets:
            raise QuestionRefused(
                f"总账中没有主体“{subject[:140]}” · the ledger has no events of this subject",
                "主体形如 case/7；处理进程要先读入 · Subjects are like case/7; a worker has to have read it.",
            )
        with Reader(bootstrap) as reader:
            read = reader.records(partition, offsets)
        found = Found(limit)
        examiner = Examiner(PARTITIONS)
        for offset in offsets:
            said = examiner.examine(read[offset], partition) if offset in read else None
            if isinstance(said, Sound):
                found.correct(partition, read[offset], said)
                found.add(partition, read[offset], said)
        return found.replayed(connection, generation)


def replay(
    bootstrap: str,
    database_url: str,
    wanted: Wanted,
    limit: int = LIMIT,
    report: Report = lambda done, total: None,
) -> Replayed:
    """The earliest events that are wanted, of all that the current tables have applied, from a scan of the ledger."""
    with answering(), closing(connect(database_url, "shanzhi replay")) as connection:
        with connection, connection.cursor() as cursor:
            generation = current_of(cursor, fingerprint())
        with reading(connection, generation) as cursor:
            cursor.execute("select partition, next from position")
            until = dict(cursor.fetchall())
            places = _places(cursor, wanted.place)
        found, examiner, done = Found(limit), Examiner(PARTITIONS), 0
        with Reader(bootstrap) as reader:
            for batch in reader.batches(dict.fromkeys(until, 0), until):
                with reading(connection, generation) as cursor:
                    _scan(cursor, batch, examiner, wanted, places, found)
                done += len(batch.records)
                report(done, sum(until.values()))
        return found.replayed(connection, generation)


def _places(cursor: Any, place: str | None) -> frozenset[str] | None:
    if place is None:
        return None
    cursor.execute("select place from place_subtree(%s)", (place,))
    return frozenset(one for (one,) in cursor)


def _scan(
    cursor: Any, batch: Batch, examiner: Examiner, wanted: Wanted, places: frozenset[str] | None, found: Found
) -> None:
    """Adds what a batch has of what is wanted, and notes all corrections."""
    examined = ((raw, examiner.examine(raw, batch.partition)) for raw in batch.records)
    items = [(raw, said) for raw, said in examined if isinstance(said, Sound) and said.record]
    asked = [one for one in items if _is_wanted(one[1], wanted) or _is_correction(one[1])]
    counted = counting(cursor, batch.partition, asked)
    for raw, said in counted:
        found.correct(batch.partition, raw, said)
    chosen = [one for one in counted if _is_wanted(one[1], wanted)]
    if places is not None:
        chosen = [one for one, refs in zip(chosen, spoken_of(cursor, chosen), strict=True) if refs & places]
    for raw, said in chosen:
        found.add(batch.partition, raw, said)


def _is_correction(said: Sound) -> bool:
    return said.record is not None and isinstance(said.record.event, Correction)


def _is_wanted(said: Sound, wanted: Wanted) -> bool:
    record = said.record
    return (
        record is not None
        and (wanted.types is None or event_types[type(record.event)] in wanted.types)
        and (wanted.since is None or record.time >= wanted.since)
        and (wanted.until is None or record.time < wanted.until)
    )
