"""The witness: silent over what workers have kept of a partition, and never silent over any single edit of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.witness import KeptRow, KeptVerdict, Seen, Witness
from ledger.codec import EPOCH, Sound, Verdict
from ledger.record import RawRecord, StoredRecord
from projections.store.plan import settle
from projections.store.rows import Indexed, Plan

Item = tuple[RawRecord, Sound | Verdict]
STAMP_MS = 1_700_000_000_123


@st.composite
def partitions(draw: st.DrawFn) -> list[Item]:
    """Few identities with few contents, so that repeats and reused ids are common; broken records; gaps."""
    offset = 0
    items: list[Item] = []
    told = st.tuples(st.integers(0, 4), st.integers(0, 2), st.sampled_from([1, 1, 1, 2]))
    for identity, content, step in draw(st.lists(told, min_size=1, max_size=25)):
        raw = StoredRecord(offset, STAMP_MS + offset, b"case/1", b"value %d" % offset)
        said: Sound | Verdict = Sound(f"{identity:032x}", f"{content:064x}", f"case/{identity}", None)
        items.append((raw, Verdict("unreadable", "no JSON") if identity == 4 else said))
        offset += step
    return items


def kept(items: Sequence[Item]) -> tuple[list[KeptRow], list[KeptVerdict], Plan]:
    """What a worker keeps of the partition."""
    plan = Plan(0, 0, None, 0)
    settle(items, 0, {}, plan)
    rows = [KeptRow(row.offset, row.identity, row.content, row.subject) for row in plan.index]
    verdicts = [
        KeptVerdict(row.offset, row.reason, row.detail, EPOCH + timedelta(milliseconds=row.stamp_ms), row.identity)
        for row in plan.quarantine
    ]
    return rows, verdicts, plan


def seen(items: Sequence[Item], rows: list[KeptRow], verdicts: list[KeptVerdict], cut: int = 3) -> Seen:
    index = {row.identity: Indexed(row.offset, row.content) for row in reversed(rows)}
    witness = Witness(7, iter(rows), iter(verdicts), lambda wanted: {one: index[one] for one in wanted if one in index})
    for first in range(0, len(items), cut):
        witness.counted(items[first : first + cut])
    return witness.end()


@given(partitions(), st.integers(1, 30))
def test_what_a_worker_has_kept_is_what_the_ledger_says(items: list[Item], cut: int) -> None:
    rows, verdicts, plan = kept(items)
    found = seen(items, rows, verdicts, cut)
    assert found.differences == []
    assert found[:4] == (len(rows), plan.repeats, len(verdicts), plan.gaps)
    assert sum(found[:4]) == items[-1][0].offset + 1


def edits(rows: list[KeptRow], verdicts: list[KeptVerdict], draw: Any) -> tuple[list[KeptRow], list[KeptVerdict], int]:
    """One edit, and the offset that it is of."""
    which = draw(st.sampled_from(["drop", "content", "identity", "subject", "add", "verdict", "unsay", "say"]))
    rows, verdicts = list(rows), list(verdicts)
    number = draw(st.integers(0, max(0, len(rows) - 1)))
    if which == "unsay" and verdicts:
        return rows, verdicts[1:], verdicts[0].offset
    if which == "verdict" and verdicts:
        return rows, [verdicts[0]._replace(reason="future"), *verdicts[1:]], verdicts[0].offset
    if which == "add" or not rows:
        free = sorted(set(range(40)) - {row.offset for row in rows})[draw(st.integers(0, 5))]
        added = KeptRow(free, "f" * 32, "e" * 64, "case/9")
        return sorted([*rows, added]), verdicts, free
    offset = rows[number].offset
    if which == "say":
        said = KeptVerdict(offset, "unreadable", "", datetime(2024, 1, 1, tzinfo=UTC), None)
        return rows, sorted([*verdicts, said]), offset
    if which == "drop":
        return rows[:number] + rows[number + 1 :], verdicts, offset
    changed = {"content": "d" * 64, "identity": "c" * 32, "subject": "case/8"}
    field = which if which in changed else "content"
    rows[number] = rows[number]._replace(**{field: changed[field]})
    return rows, verdicts, offset


@settings(max_examples=300)
@given(partitions(), st.data())
def test_any_single_edit_is_found_and_its_position_named(items: list[Item], data: st.DataObject) -> None:
    rows, verdicts, _ = kept(items)
    rows, verdicts, offset = edits(rows, verdicts, data.draw)
    found = seen(items, rows, verdicts)
    assert f"7:{offset}" in {event for one in found.differences for event in one.events}


def test_a_lost_index_row_does_not_change_what_counts() -> None:
    items: list[Item] = [
        (StoredRecord(number, STAMP_MS, b"", b""), Sound("a" * 32, "b" * 64, "case/1", None)) for number in range(3)
    ]
    found = seen(items, [], [])
    assert found[:4] == (1, 2, 0, 0), "the first counts, the others repeat it"
    assert [one.told("tables", "ledger") for one in found.differences] == [
        "event_index: partition 7, ledger_offset 0: 仅在 only in ledger (events 7:0)"
    ]


@pytest.mark.parametrize("is_indexed", [False, True])
def test_what_postgresql_refused_stays_refused(is_indexed: bool) -> None:
    """The one verdict that no record tells; beside an index row it is a contradiction."""
    items: list[Item] = [(StoredRecord(0, STAMP_MS, b"", b""), Sound("a" * 32, "b" * 64, "case/1", None))]
    stamp = EPOCH + timedelta(milliseconds=STAMP_MS)
    rows = [KeptRow(0, "a" * 32, "b" * 64, "case/1")] if is_indexed else []
    found = seen(items, rows, [KeptVerdict(0, "store_refused", "22P05", stamp, "a" * 32)])
    assert found[:4] == (0, 0, 1, 0)
    assert len(found.differences) == is_indexed
