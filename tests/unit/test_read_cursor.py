"""Pages: what is read page by page is what is read at once, also where the tables move on in between."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.topics import PARTITIONS
from projections.read import Answer, Row
from readers.api.cursor import KEPT_SECONDS, Kept, begin_of, cursor_after, read_cursor
from readers.api.problems import Problem
from readers.memory import Taken, key_of
from readers.standing import Standing
from tests.strategies import PROFILE

NOW = datetime(2024, 5, 11, tzinfo=UTC)
QUESTION = "0123456789abcdef"


class Seen(Row, frozen=True, kw_only=True):
    """A row of a book."""

    titles: ClassVar[dict[str, str]] = {"subject": "编号"}
    subject: str
    handled: int = 0


def taken(rows: list[Any], moved: int = 0, at: float = 0.0) -> Taken:
    """An answer; `moved` records after the first one."""
    answer: Answer[Any] = Answer(generation="generation_1", as_of=NOW, period=None, rules=(), rows=rows, is_cut=False)
    return Taken(answer, Standing("generation_1", (moved, *[0] * (PARTITIONS - 1))), at)


def rows_of(names: list[int]) -> list[Any]:
    return [Seen(subject=f"case/{name}") for name in names]


# The law -----------------------------------------------------------------------------------------


@PROFILE
@given(names=st.lists(st.integers(0, 99), unique=True, max_size=12), size=st.integers(1, 5), draws=st.data())
def test_pages_neither_repeat_nor_skip_what_was_there(names: list[int], size: int, draws: st.DataObject) -> None:
    """New cases come first, and others are changed, between any two pages."""
    current, read = taken(rows_of(names)), list[str]()
    begin, newcomers = 0, iter(range(100, 200))
    while True:
        page = current.answer.rows[begin : begin + size]
        read += [row.subject for row in page]
        if begin + size >= len(current.answer.rows):
            break
        cursor = read_cursor(cursor_after(QUESTION, current, begin + len(page)), QUESTION)
        if draws.draw(st.booleans()):
            newest = rows_of([next(newcomers) for _ in range(draws.draw(st.integers(1, 3)))])
            changed = draws.draw(st.integers(0, 1))
            rest = [msgspec.structs.replace(row, handled=changed) for row in current.answer.rows]
            current = taken(newest + rest, current.standing.positions[0] + len(newest))
        begin = begin_of(cursor, current)
    assert [name for name in read if int(name.removeprefix("case/")) < 100] == [f"case/{name}" for name in names]


# Examples ----------------------------------------------------------------------------------------


def test_where_the_last_row_is_gone_the_reader_is_told_so() -> None:
    cursor = read_cursor(cursor_after(QUESTION, taken(rows_of([1, 2, 3])), 2), QUESTION)
    with pytest.raises(Problem) as refused:
        begin_of(cursor, taken(rows_of([1, 3]), moved=1))
    assert refused.value.name == "cursor-gone"


def test_rows_of_one_subject_are_told_apart_by_all_of_them() -> None:
    rows = [Seen(subject="unit/a", handled=number) for number in range(4)]
    cursor = read_cursor(cursor_after(QUESTION, taken(rows), 2), QUESTION)
    assert begin_of(cursor, taken([Seen(subject="unit/b"), *rows], moved=1)) == 3


def _forged(**changes: Any) -> str:
    sound = read_cursor(cursor_after(QUESTION, taken(rows_of([1, 2])), 1), QUESTION)
    return urlsafe_b64encode(msgspec.json.encode(msgspec.structs.replace(sound, **changes))).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "甲", "AAAA", "e30", "W10", "=" * 2100,
        _forged(offset=0), _forged(offset=-3), _forged(vector="1.2"), _forged(vector="1." * 11 + "x"),
        _forged(as_of=NOW.replace(year=1900)), _forged(as_of=NOW.replace(tzinfo=None)), _forged(question="other"),
    ],
)  # fmt: skip
def test_what_is_no_cursor_of_this_question_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        read_cursor(text, QUESTION)
    assert refused.value.members["parameter"] == "cursor"


@PROFILE
@given(st.text(max_size=80) | st.text("ABCxyz019_-", max_size=300))
def test_no_text_breaks_the_reading_of_cursors(text: str) -> None:
    with pytest.raises(Problem):
        read_cursor(text, QUESTION)


def test_what_pages_are_cut_from_is_kept_for_a_while_and_within_bounds() -> None:
    now = [0.0]
    kept, question = Kept(lambda: now[0]), key_of("cases", {})
    whole = taken(rows_of([1, 2]))
    cursor = read_cursor(cursor_after(QUESTION, whole, 1), QUESTION)
    kept.keep(question, whole)
    assert kept.find(question, cursor) is whole
    assert kept.find(key_of("wishes", {}), cursor) is None
    assert kept.find(question, msgspec.structs.replace(cursor, as_of=NOW + timedelta(days=1))) is None
    now[0] = KEPT_SECONDS + 1
    assert kept.find(question, cursor) is None
    for number in range(5):
        kept.keep(key_of(f"book-{number}", {}), taken([None] * 15_000, at=now[0]))
    assert kept.find(key_of("book-4", {}), cursor)
    assert kept.find(key_of("book-1", {}), cursor) is None
