"""Answers remembered: never older than what is asked for, asked once however many ask, bounded."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.topics import PARTITIONS
from projections.read import Answer
from readers.memory import SECONDS, VARIANTS, Memory, Taken, key_of
from readers.standing import Standing, positions_of
from tests.strategies import PROFILE

NOW = datetime(2024, 5, 11, tzinfo=UTC)


def standing(*moved: int, generation: str = "generation_1") -> Standing:
    """The first partitions at these offsets, the others at 0."""
    return Standing(generation, (*moved, *[0] * (PARTITIONS - len(moved))))


def answer(*rows: Any, as_of: datetime = NOW) -> Answer[Any]:
    return Answer(generation="generation_1", as_of=as_of, period=None, rules=(), rows=list(rows), is_cut=False)


class Asker:
    """Counts how often the tables were really asked; they stand at `at`."""

    def __init__(self, memory: Memory, at: Standing) -> None:
        self.memory, self.at, self.asked = memory, at, 0

    def ask(self, name: str = "cases", wanted: Standing | None = None, **options: Any) -> Taken:
        return self.memory.answer(name, options, wanted or self.at, self._take)

    def _take(self) -> tuple[Answer[Any], Standing]:
        self.asked += 1
        return answer(self.asked), self.at


# Laws --------------------------------------------------------------------------------------------

vectors = st.tuples(*[st.integers(0, 3)] * PARTITIONS)


@PROFILE
@given(st.lists(st.tuples(vectors, st.integers(1, 2)), min_size=1, max_size=8))
def test_an_answer_is_never_of_before_the_question(steps: list[tuple[tuple[int, ...], int]]) -> None:
    asker = Asker(Memory(), standing())
    for positions, generation in steps:
        asker.at = Standing(f"generation_{generation}", positions)
        assert asker.ask().standing.is_as_new_as(asker.at)


@PROFILE
@given(vectors)
def test_a_vector_is_one_word_and_back(positions: tuple[int, ...]) -> None:
    assert positions_of(Standing("generation_1", positions).vector) == positions


# Examples ----------------------------------------------------------------------------------------


def test_the_same_question_at_the_same_place_is_asked_once() -> None:
    asker = Asker(Memory(), standing(3))
    first = asker.ask(place="place/a", unit=None)
    assert asker.ask(place="place/a") is first
    assert asker.ask(place="place/b") is not first
    asker.at = standing(4)
    assert asker.ask(place="place/a") is not first
    assert asker.asked == 3


def test_time_runs_out_though_nothing_moved_and_what_still_holds_stays_what_it_was() -> None:
    now = [0.0]
    asker = Asker(Memory(lambda: now[0]), standing(3))
    first = asker.ask()
    now[0] = SECONDS + 1
    assert asker.ask() is not first
    same = [lambda: (answer(7), asker.at), lambda: (answer(7, as_of=NOW.replace(day=12)), asker.at)]
    memory = Memory(lambda: now[0])
    kept = memory.answer("cases", {}, asker.at, same[0])
    now[0] += SECONDS + 1
    assert memory.answer("cases", {}, asker.at, same[1]) is kept, "the same rows: its tag still holds"


def test_a_newer_generation_is_as_new_only_where_it_has_come_as_far() -> None:
    assert standing(3, generation="generation_10").is_as_new_as(standing(3, generation="generation_9"))
    assert not standing(3, generation="generation_9").is_as_new_as(standing(3, generation="generation_10"))
    assert not standing(2, generation="generation_10").is_as_new_as(standing(3, generation="generation_9"))


def test_many_who_ask_at_once_cost_one_question() -> None:
    memory, begun, may_end, took = Memory(), threading.Event(), threading.Event(), []

    def take() -> tuple[Answer[Any], Standing]:
        took.append(1)
        begun.set()
        may_end.wait(5)
        return answer(1), standing(1)

    found: list[Taken] = []
    askers = [
        threading.Thread(target=lambda: found.append(memory.answer("cases", {}, standing(1), take))) for _ in range(5)
    ]
    for asker in askers:
        asker.start()
    assert begun.wait(5)
    may_end.set()
    for asker in askers:
        asker.join(5)
    assert (len(took), len(found), len({id(one) for one in found})) == (1, 5, 1)


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    memory = Memory(rows=10)
    asker = Asker(memory, standing(1))
    kept = [asker.ask(place=f"place/{number}") for number in range(5)]  # a row and the answer itself: 2 each
    asker.ask(place="place/0")
    asker.ask(place="place/new")
    assert asker.ask(place="place/0") is kept[0]
    assert asker.ask(place="place/1") is not kept[1]


def test_a_text_is_made_once_and_only_so_many_are_kept() -> None:
    taken = Taken(answer(), standing(), 0.0)
    made: list[int] = []

    def text() -> bytes:
        made.append(1)
        return b"text"

    for number in [*range(VARIANTS), *range(VARIANTS)]:
        taken.body(number, text)
    assert len(made) == VARIANTS
    taken.body("one more", lambda: b"text")
    assert len(taken.bodies) == VARIANTS


def test_options_that_were_not_given_are_no_part_of_a_question() -> None:
    assert key_of("cases", {"unit": None, "by": ["a", "b"]}) == key_of("cases", {"by": ("a", "b")})
