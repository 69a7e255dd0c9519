"""Work beside the event loop that is not waited for without end: a server may be frozen, and answer nobody.

Short questions share asyncio's own threads. What takes long has threads of its own (`Side`), so that it holds up
nothing but its like.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from ledger.errors import OutcomeUnknown

ASK_SECONDS = 6.0  # a little more than PostgreSQL's own limit for connecting or for a statement
T = TypeVar("T")


async def aside(work: Callable[[], T], seconds: float = ASK_SECONDS) -> T:
    """What the work returns or raises; its thread goes on alone where that takes too long.

    Raises `OutcomeUnknown` then.
    """
    try:
        return await asyncio.wait_for(asyncio.to_thread(work), seconds)
    except TimeoutError:
        raise OutcomeUnknown(
            f"PostgreSQL did not answer within {seconds:.0f} s", "Send again in a moment: the same id counts once."
        ) from None


class Full(Exception):
    """More than `most` at once: of one publisher (`is_of_one`), or of all together."""

    def __init__(self, most: int, is_of_one: bool) -> None:
        super().__init__(most)
        self.most, self.is_of_one = most, is_of_one


class Side:
    """Threads for one sort of work that takes long: at most `most` pieces of it, begun or not, and `most_of_one` places
    for one publisher. For the event loop's thread; close it."""

    def __init__(self, name: str, threads: int, most: int, most_of_one: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most, self._most_of_one = most, most_of_one
        self._lock = threading.Lock()
        self._taken = 0
        self._places: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many pieces of work it has, begun or not."""
        return self._taken

    @contextmanager
    def place(self, publisher: str) -> Iterator[None]:
        """From before its body is read until it is answered. Raises `Full` where the publisher has no more."""
        if self._places[publisher] >= self._most_of_one:
            raise Full(self._most_of_one, is_of_one=True)
        self._places[publisher] += 1
        try:
            yield
        finally:
            self._places[publisher] -= 1

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """What the work returns or raises. Raises `Full`, and `OutcomeUnknown` where it takes too long.

        What has begun then goes on alone, and counts until it ends; what has not never does.
        """
        with self._lock:
            if self._taken >= self._most:
                raise Full(self._most, is_of_one=False)
            self._taken += 1
        job = self._threads.submit(work)
        job.add_done_callback(self._ended)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job), seconds)
        except TimeoutError:
            raise OutcomeUnknown(f"This did not end within {seconds:.0f} s", "Send again in a moment.") from None

    def close(self) -> None:
        """Begins nothing more; what has begun is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, _: Future[Any]) -> None:
        with self._lock:  # called by whichever thread ended or cancelled it
            self._taken -= 1
