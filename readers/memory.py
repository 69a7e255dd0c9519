"""Answers that were given, for as long as the tables stand where they stood; one at a time asks a question."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from ledger.errors import OutcomeUnknown
from projections.read import Answer
from readers.standing import Standing

SECONDS = 10.0
"""How long an answer is given again where nothing moves but the clock: what is overdue is so at some moment."""
ROWS = 30_000
ENTRIES = 2_000
VARIANTS = 16
WAIT_SECONDS = 6.0  # more than a statement may take

Key = tuple[Hashable, ...]


@dataclass
class Taken:
    """An answer with where the tables stood. `bodies` are its texts as they were sent, by whatever they depend on."""

    answer: Answer[Any]
    standing: Standing
    taken_at: float
    bodies: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)

    def body(self, variant: Hashable, make: Callable[[], Any]) -> Any:
        """A text of it, made once."""
        found = self.bodies.get(variant)
        if found is None:
            found = self.bodies[variant] = make()
            while len(self.bodies) > VARIANTS:
                self.bodies.popitem(last=False)
        return found


class Memory:
    """Bounded by rows and answers; the one that was not asked for longest is forgotten first. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, rows: int = ROWS) -> None:
        self._clock, self._most_rows = clock, rows
        self._lock = threading.Lock()
        self._taken: OrderedDict[Key, Taken] = OrderedDict()
        self._rows = 0
        self._asking: WeakValueDictionary[Key, _Turn] = WeakValueDictionary()

    def answer(
        self, name: str, options: Mapping[str, Any], standing: Standing, take: Callable[[], tuple[Any, Standing]]
    ) -> Taken:
        """What is remembered of this question and as new as `standing`, else what `take` brings.

        Whoever asks the same meanwhile waits for it. Raises `OutcomeUnknown` where that takes too long.
        """
        key = key_of(name, options)
        found = self._remembered(key, standing)
        if found is not None:
            return found
        with self._turn(key):
            found = self._remembered(key, standing)
            return found or self._keep(key, *take())

    def _remembered(self, key: Key, standing: Standing) -> Taken | None:
        with self._lock:
            found = self._taken.get(key)
            if found is None or self._clock() - found.taken_at > SECONDS:
                return None
            if not found.standing.is_as_new_as(standing):
                return None
            self._taken.move_to_end(key)
            return found

    def _keep(self, key: Key, answer: Answer[Any], standing: Standing) -> Taken:
        with self._lock:
            before = self._taken.pop(key, None)
            if before is not None:
                self._rows -= _cost(before)
            taken = Taken(answer, standing, self._clock())
            if before is not None and before.standing == standing and _is_same(before.answer, answer):
                taken = before  # also its `as_of`: it still holds, and whoever has it need not fetch it again
                taken.taken_at = self._clock()
            self._taken[key] = taken
            self._rows += _cost(taken)
            while self._rows > self._most_rows or len(self._taken) > ENTRIES:
                _, oldest = self._taken.popitem(last=False)
                self._rows -= _cost(oldest)
            return taken

    @contextmanager
    def _turn(self, key: Key) -> Iterator[None]:
        with self._lock:
            turn = self._asking.get(key)
            if turn is None:
                turn = self._asking[key] = _Turn()
        if not turn.lock.acquire(timeout=WAIT_SECONDS):
            raise OutcomeUnknown("Too many questions at once", "Ask again in a moment.")
        try:
            yield
        finally:
            turn.lock.release()


class _Turn:
    """Whose turn it is to ask a question; gone when nobody asks it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def key_of(name: str, options: Mapping[str, Any]) -> Key:
    """A question by its name and options; one that is None was not given."""
    given = {option: value for option, value in options.items() if value is not None}
    told = {option: tuple(value) if isinstance(value, list) else value for option, value in given.items()}
    return (name, *sorted(told.items()))


def _cost(taken: Taken) -> int:
    return len(taken.answer.rows) + 1


def _is_same(one: Answer[Any], other: Answer[Any]) -> bool:
    """Whether they say the same, whenever they were asked."""
    return (one.rows, one.period, one.rules, one.is_cut, one.freshness) == (
        other.rows,
        other.period,
        other.rules,
        other.is_cut,
        other.freshness,
    )
