"""Since when is a reader behind: where its log ended lately, so far as the reader has not come up to it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

MARKS = 240


class _Mark(NamedTuple):
    """Where the log ended at a look (monotonic seconds)."""

    at: float
    end: int


class Trail:
    """Of one partition, from its first look on. `clock` gives monotonic seconds; stamps are not asked, since time may
    be an injected one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[_Mark] = deque()
        self._every_seconds = 0.0  # the longer it lags, the further the marks lie apart

    def behind_seconds(self, position: int, end: int) -> float:
        """How long the log has held something that the reader at `position` lacks, as far as was looked; a look."""
        now = self._clock()
        while self._marks and self._marks[0].end <= position:
            self._marks.popleft()
        if not self._marks:
            self._every_seconds = 0.0
        if end > position and self._is_due(now, end):
            self._marks.append(_Mark(now, end))
        if len(self._marks) > MARKS:
            self._marks = deque(list(self._marks)[::2])
            self._every_seconds = 2 * (self._every_seconds or (now - self._marks[0].at) / MARKS)
        return now - self._marks[0].at if self._marks else 0.0

    def _is_due(self, now: float, end: int) -> bool:
        if not self._marks:
            return True
        last = self._marks[-1]
        return last.end < end and now - last.at >= self._every_seconds
