"""Answers of the read models, kept for as long as a panel can live with them, and longer while PostgreSQL is away.

A wall asks some thirty questions, and many walls the same ones: each is asked once at a time, by a few threads, and
whoever can't wait gets the answer before it. So a page is there within its time, and never blank.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.errors import OutcomeUnknown, StoreUnsound
from readers.memory import ROWS

THREADS = 4
KEPT = 600
IN_USE_SECONDS = 10.0
"""What a page asked for so lately stays, even where all answers together have more than `ROWS`."""
AGAIN_SECONDS = 1.0  # after a question that PostgreSQL did not answer


class Need(NamedTuple):
    """A question: a read model with its options, and how many seconds an answer to it does."""

    model: str
    options: tuple[tuple[str, Any], ...] = ()
    seconds: float = 1.0

    @property
    def key(self) -> tuple[str, tuple[tuple[str, Any], ...]]:
        """What makes two needs the same question."""
        return self.model, self.options


class Found(NamedTuple):
    """`answer` is None where none came yet. `is_waiting`: a newer one is on its way. `is_failed`: none came of it."""

    answer: Any = None
    is_waiting: bool = True
    is_failed: bool = False


@dataclass
class _Kept:
    answer: Any = None
    wanted_at: float = float("-inf")
    asked_at: float = float("-inf")
    failed_at: float = float("-inf")
    running: Future[Any] | None = None

    @property
    def is_failed(self) -> bool:
        return self.failed_at > self.asked_at

    @property
    def rows(self) -> int:
        return 0 if self.answer is None else len(self.answer)


class Answers:
    """Thread-safe. `ask` is `Tables.ask` or the like; `clock` gives monotonic seconds."""

    def __init__(self, ask: Callable[..., Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wall")

    def look(self, needs: Iterable[Need], wait_seconds: float, first_seconds: float = 0.0) -> Mapping[Need, Found]:
        """What there is to each need once all are fresh, or that much time has gone. The first needs are asked first.

        `first_seconds`: so long at least where something was never answered.
        Raises what a question itself raises where it can't be answered (`QuestionRefused`).
        """
        wanted = list(dict.fromkeys(needs))
        running = {need: future for need in wanted if (future := self._begun(need))}
        if running:
            is_first = any(self._kept[need.key].answer is None for need in running if need.key in self._kept)
            wait(running.values(), timeout=max(wait_seconds, first_seconds if is_first else 0.0))
        for future in running.values():
            if future.done():
                future.result()
        with self._lock:
            return {need: self._found(need) for need in wanted}

    def close(self) -> None:
        """Asks nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _found(self, need: Need) -> Found:
        kept = self._kept.get(need.key)
        return Found(kept.answer, kept.running is not None, kept.is_failed) if kept else Found()

    def _begun(self, need: Need) -> Future[Any] | None:
        """The question under way, put now where the answer is too old."""
        with self._lock:
            kept = self._kept.setdefault(need.key, _Kept())
            self._kept.move_to_end(need.key)
            now = kept.wanted_at = self._clock()
            self._forget(now)
            is_old = now - kept.asked_at > need.seconds and now - kept.failed_at > AGAIN_SECONDS
            if kept.running is None and is_old:
                kept.running = self._threads.submit(self._put, need, kept)
            return kept.running

    def _forget(self, now: float) -> None:
        """What was not wanted for longest, until there is room."""
        while len(self._kept) > KEPT or self._rows > ROWS:
            oldest = next(iter(self._kept))
            if len(self._kept) <= KEPT and now - self._kept[oldest].wanted_at < IN_USE_SECONDS:
                return
            self._rows -= self._kept.pop(oldest).rows

    def _put(self, need: Need, kept: _Kept) -> None:
        began = self._clock()
        try:
            answer = self._ask(need.model, **dict(need.options))
            with self._lock:
                if self._kept.get(need.key) is kept:
                    self._rows += len(answer) - kept.rows
                kept.answer, kept.asked_at = answer, began
        except (OutcomeUnknown, StoreUnsound):
            with self._lock:
                kept.failed_at = self._clock()
        finally:
            with self._lock:
                kept.running = None
