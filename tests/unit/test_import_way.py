"""Rows on their way into the ledger: what is there is not written again, what was refused is written nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import pytest

from ledger.codec import content_of
from ledger.envelope import identity
from ledger.errors import OutcomeUnknown
from ledger.partition import partition_of
from ledger.protocols import First
from ledger.submission import Stored
from ledger.topics import PARTITIONS
from ledger.writer import Receipt, Writer
from producers.tables.head import Head
from producers.tables.importing import Counts, RowsUnknown, Way, import_rows
from producers.tables.preparing import ROWS_AT_ONCE, Part, Preparation
from producers.tables.reading import Row
from producers.tables.refusals import RowRefused
from tests.fixed_keys import FixedKeys
from tests.sheets import HEAD, NOW, mapping, row

DONE = {"承办": "县城管局", "时限": "2024-05-16", "状态": "已办结", "办结": "2024-05-20 17:00"}


class Ledger:
    """Writer, index and clocks in memory; away from the `away_after`th event on."""

    def __init__(self, away_after: int | None = None) -> None:
        self.written: list[Stored] = []
        self.indexed: dict[str, First] = {}
        self.own: set[str] = set()
        self.away_after = away_after

    def send_raw(self, stored: Stored, key: bytes, value: bytes, partition: int) -> Any:
        assert partition == partition_of(key, PARTITIONS)
        if len(self.written) == self.away_after:
            raise OutcomeUnknown("Kafka does not answer", "Try again.")
        self.written.append(stored)
        return self

    def receipt(self, _: float) -> Receipt:
        return Receipt("id", "source", 0, 0)

    def first(self, wanted: Iterable[tuple[int, str]]) -> Mapping[str, First]:
        return {name: self.indexed[name] for _, name in wanted if name in self.indexed}

    def running(self, subjects: Sequence[str]) -> Collection[str]:
        return self.own & {*subjects}

    def index(self) -> None:
        """As a worker does."""
        for one in self.written:
            self.indexed[identity(one.source, one.id)] = First(0, 0, content_of(one.value))


def imported(ledger: Any, *rows: Row, keys: Any = None) -> tuple[Counts, list[RowRefused]]:
    refused: list[RowRefused] = []
    preparation = Preparation(Head(HEAD, mapping()), NOW, keys or FixedKeys(), ledger)
    parts = (
        Part(preparation.prepare(rows[first : first + ROWS_AT_ONCE]), first, None)
        for first in range(0, len(rows), ROWS_AT_ONCE)
    )
    return import_rows(parts, Way(cast(Writer, ledger), ledger), refused.append), refused


ROWS = (row(2, **DONE), row(3, 编号="A-2"), row(4, 编号="A-3", 重复="A-1"))


def test_a_second_import_writes_nothing() -> None:
    ledger = Ledger()
    counts, refused = imported(ledger, *ROWS)
    assert (counts.rows, counts.events.total(), counts.repeats, refused) == (3, 8, 0, [])
    assert counts.events["unit.registered"] == 1
    ledger.index()
    again, _ = imported(ledger, *ROWS)
    assert (again.events.total(), again.repeats, again.changed, len(ledger.written)) == (0, 8, 0, 8)


def test_a_row_that_stands_in_the_table_twice_is_written_once() -> None:
    ledger = Ledger()
    counts, _ = imported(ledger, ROWS[0], ROWS[0])
    assert (counts.rows, counts.repeats) == (2, 4)
    assert len({one.id for one in ledger.written}) == len(ledger.written)


def test_what_has_happened_since_is_added_and_what_is_told_otherwise_named() -> None:
    ledger = Ledger()
    imported(ledger, row(2, 内容="占道", **DONE | {"状态": "办理中", "办结": ""}))
    ledger.index()
    counts, refused = imported(ledger, row(7, 内容="占道，多次", **DONE))
    assert dict(counts.events) == {"case.handled": 1}
    assert (counts.refused, counts.changed, counts.repeats) == (0, 1, 3)
    (named,) = refused
    assert (named.row, named.code, named.value) == (7, "told_otherwise", "12345~A-1.discovered")


def test_a_deadline_of_a_case_with_our_own_clock_is_left_to_it() -> None:
    ledger = Ledger()
    ledger.own = {"case/12345~A-1"}
    counts, _ = imported(ledger, ROWS[0], row(3, **DONE | {"编号": "A-9"}))
    assert counts.events["case.overdue"] == 1


def test_of_a_row_that_is_refused_nothing_is_written_and_those_around_it_are() -> None:
    ledger = Ledger()
    counts, refused = imported(
        ledger, row(2), row(3, 编号="A-2", 时间="昨天"), row(4, 编号="A-3"), row(5, 编号="", 时间="")
    )
    assert (counts.rows, counts.refused, counts.blank) == (3, 1, 1)
    assert [one.row for one in refused] == [3]
    assert {one.key for one in ledger.written} == {b"case/12345~A-1", b"case/12345~A-3"}


def test_somebody_who_was_forgotten_refuses_new_words_and_not_those_that_are_there() -> None:
    ledger = Ledger()
    _, refused = imported(ledger, row(2), keys=FixedKeys("case/12345~A-1"))
    assert [one.code for one in refused] == ["person_forgotten"]
    assert ledger.written == []
    imported(ledger, row(2))
    ledger.index()
    counts, refused = imported(ledger, row(2), keys=FixedKeys("case/12345~A-1"))
    assert (counts.repeats, refused) == (1, [])


@pytest.mark.parametrize("away_after", [0, 1, 350])
def test_where_the_ledger_is_away_it_is_told_how_much_is_certain_and_the_rest_may_be_sent_again(
    away_after: int,
) -> None:
    rows = [row(number, 编号=f"A-{number}") for number in range(2, 502)]
    ledger = Ledger(away_after)
    with pytest.raises(RowsUnknown) as unknown:
        imported(ledger, *rows)
    assert unknown.value.counts.last_row <= away_after + 1
    ledger.index()
    ledger.away_after = None
    counts, _ = imported(ledger, *rows)
    assert counts.events.total() + counts.repeats == 500
    assert len({one.id for one in ledger.written}) == len(ledger.written) == 500
