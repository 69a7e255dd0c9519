"""The time that ways in check and stamp by: the machine's, or the one that was injected into embedded servers.

Injected time stands in the database until somebody moves it, so that everybody reads the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.postgres import Session


class TimeSource(NamedTuple):
    """What time it is, and by which time records are stamped: `stamp_ms` is None where the broker stamps them."""

    now: Callable[[], datetime]
    stamp_ms: Callable[[], int] | None


def utc_now() -> datetime:
    """The time of the machine, in UTC."""
    return datetime.now(UTC)


MACHINE = TimeSource(utc_now, None)
"""Real time, as the broker stamps it."""


def time_of(database_url: str) -> TimeSource:
    """Whichever the database says. Raises `OutcomeUnknown` where it is away, `StoreUnsound` before its migration."""
    injected = InjectedTime(database_url)
    if injected.read() is None:
        injected.close()
        return MACHINE
    return TimeSource(injected.now, injected.stamp_ms)


class InjectedTime:
    """Asks the database each time: whoever moved the time is heard at once. Thread-safe."""

    def __init__(self, database_url: str) -> None:
        self._session = Session(database_url, "shanzhi time")
        self._lock = threading.Lock()

    def read(self) -> datetime | None:
        """None where no time was injected."""
        with self._lock:
            return self._session.ask(_read)

    def now(self) -> datetime:
        """The injected time, in UTC."""
        time = self.read()
        assert time is not None  # the row is never deleted
        return time

    def stamp_ms(self) -> int:
        """The same as a record's stamp."""
        return int(self.now().timestamp() * 1000)

    def close(self) -> None:
        """Ends the connection."""
        with self._lock:
            self._session.close()


def _read(cursor: Any) -> datetime | None:
    cursor.execute("select time from shanzhi.injected_time")
    row = cursor.fetchone()
    return row[0] if row else None
