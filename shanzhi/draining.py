"""Waiting until the workers have read what is there, and measuring how long that takes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from shanzhi.errors import CountsDiffer
from shanzhi.watch import Counted, Watch

SAMPLE_SECONDS = 0.05
PATIENCE_SECONDS = 60.0  # without any progress; longer than a worker needs to take over from a killed one


@dataclass
class Pace:
    """When records were applied, as seen every 50 ms: from the last look that found none to the last one."""

    before: Counted
    began: float
    ended: float
    now: Counted

    @property
    def seconds(self) -> float:
        """From the first applied record to the last."""
        return self.ended - self.began

    @property
    def per_second(self) -> float:
        """Records applied a second."""
        return (self.now.next - self.before.next) / self.seconds if self.seconds > 0 else 0.0

    @classmethod
    def start(cls, watch: Watch) -> Pace:
        """Nothing applied yet."""
        now, counted = time.monotonic(), watch.counted()
        return cls(counted, now, now, counted)

    def look(self, watch: Watch) -> None:
        """A sample."""
        seen, at = watch.counted(), time.monotonic()
        if seen.next == self.before.next:
            self.began = at
        if seen.next != self.now.next:
            self.ended, self.now = at, seen


def wait_until_read(watch: Watch, ends: dict[int, int], pace: Pace, tend: Callable[[], None]) -> None:
    """Until the readers' tables hold everything before `ends`; `tend` is called at every look.

    Raises `CountsDiffer` where nothing moves for a minute.
    """
    moved_at = time.monotonic()
    while lag_records := watch.lag_records(ends):
        tend()
        before = pace.now.next
        pace.look(watch)
        if pace.now.next != before:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > PATIENCE_SECONDS:
            raise CountsDiffer(
                f"{lag_records} records are still unread after {PATIENCE_SECONDS:.0f} s without any progress",
                "See the log of the worker: something keeps it from reading or from writing.",
            )
        time.sleep(SAMPLE_SECONDS)
    pace.look(watch)
