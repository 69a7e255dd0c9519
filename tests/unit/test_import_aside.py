"""Another process prepares rows: their order, what goes wrong there, and that nothing of it stays."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial

import psutil
import pytest

from ledger.errors import PersonForgotten, ShanzhiError
from ledger.refusal import refusal
from producers.tables.aside import aside
from producers.tables.refusals import RowRefused, TableRefused

MANY = 100_000


def numbers(until: int, then: Exception | None = None) -> Iterator[tuple[int, int]]:
    for number in range(until):
        yield number, os.getpid()
    if then is not None:
        raise then


def test_items_come_in_their_order_from_another_process_that_ends_with_them() -> None:
    told = list(aside(partial(numbers, 1_000)))
    assert [number for number, _ in told] == list(range(1_000))
    (pid,) = {pid for _, pid in told}
    assert pid != os.getpid() and not psutil.pid_exists(pid)


def test_an_error_of_ours_arrives_as_it_was_after_what_came_before_it() -> None:
    given = aside(partial(numbers, 2, TableRefused("没有表头", "改 header_row")))
    assert [next(given)[0], next(given)[0]] == [0, 1]
    with pytest.raises(TableRefused) as refused:
        next(given)
    assert (refused.value.what, refused.value.remedy, refused.value.exit_code) == ("没有表头", "改 header_row", 2)


def test_any_other_error_names_what_it_was() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(aside(partial(numbers, 1, ZeroDivisionError("by nothing"))))


def test_who_asks_no_more_leaves_no_process() -> None:
    with closing(aside(partial(numbers, MANY))) as given:
        _, pid = next(given)
    assert not psutil.pid_exists(pid)


def test_a_process_that_was_killed_is_said() -> None:
    given = aside(partial(numbers, MANY))
    _, pid = next(given)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="ended with -9"), suppress(StopIteration):
        while True:
            next(given)


ERRORS = (refusal("nul_character", "/data", "U+0000"), PersonForgotten(["person/li"]), TableRefused("a", "b"))


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_errors_of_ours_are_the_same_in_another_process(error: ShanzhiError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)


def test_a_refused_row_is_the_same_in_another_process() -> None:
    row = RowRefused("承办", "x", "value_not_mapped", "没有", "none", 7)
    assert pickle.loads(pickle.dumps(row)).as_problem() == row.as_problem()
