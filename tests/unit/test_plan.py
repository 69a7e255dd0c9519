"""What a plan refuses or leaves for later: holes that nobody asked the log for, and another log than was indexed."""

from __future__ import annotations

import pytest

from ledger.codec import Examiner
from ledger.errors import LedgerUnsound
from ledger.record import Batch, StoredRecord
from projections.store.plan import Rewind, judge, plan, record_hash
from projections.store.rows import Judged, Loaded


def garbage(*offsets: int, sought: int | None = None) -> Judged:
    """Records that are no events: they go to quarantine, so that a plan has something to count."""
    records = [StoredRecord(offset, 1_700_000_000_000, b"k", b"%d" % offset) for offset in offsets]
    return judge(Batch(0, records, sought), Examiner(12))


def loaded(next_offset: int, index_next: int | None = None, index_hash: str | None = None) -> Loaded:
    return Loaded(next_offset, None, next_offset if index_next is None else index_next, {}, {}, index_hash)


def test_what_follows_a_hole_that_nobody_asked_for_is_left() -> None:
    planned = plan(garbage(10, 11, 14, 15), loaded(10))
    assert planned is not None
    assert (planned.next, planned.gaps, len(planned.quarantine)) == (12, 0, 2)


def test_a_hole_that_the_log_was_asked_for_is_a_gap() -> None:
    planned = plan(garbage(10, 11, 14, 15, sought=10), loaded(10))
    assert planned is not None
    assert (planned.next, planned.gaps, len(planned.quarantine)) == (16, 2, 4)


def test_records_that_overlap_count_once() -> None:
    planned = plan(garbage(10, 11, 10, 11, 12), loaded(10))
    assert planned is not None
    assert (planned.next, len(planned.quarantine)) == (12, 2)


def test_missing_records_before_the_batch_are_asked_for() -> None:
    with pytest.raises(Rewind) as asked:
        plan(garbage(14), loaded(10))
    assert asked.value.offset == 10


def test_a_second_generation_meets_another_record_where_the_index_ended() -> None:
    judged = garbage(0, 1, 2, 3)
    same = record_hash(judged.items[2][0])
    assert plan(judged, loaded(0, index_next=3, index_hash=same)) is not None
    with pytest.raises(LedgerUnsound, match="another record at offset 2"):
        plan(judged, loaded(0, index_next=3, index_hash="0" * 32))
