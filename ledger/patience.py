"""Ends a call to PostgreSQL that is not answered.

TCP notices a peer that is gone, but not a proxy or balancer that acknowledges in its place: who asks through one whose
other side was lost would wait for ever, since no time-out of PostgreSQL reaches a client.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import connection, cursor

_LOOK_SECONDS = 0.5


class PatientConnection(connection):
    """Waits for an answer no longer than `patience_seconds`; then the connection is lost, and the call raises
    `psycopg2.OperationalError` as it does where a server falls."""

    patience_seconds: float = math.inf

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._made_at = time.monotonic()

    @property
    def is_doubtful(self) -> bool:
        """Whether another one was given up since this one was made: whatever took that way may be lost too."""
        return self._made_at < _calls.gave_up_at

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        """As psycopg2's."""
        return super().cursor(*arguments, **{"cursor_factory": _PatientCursor} | options)

    def commit(self) -> None:
        """As psycopg2's."""
        with _calls.made(self):
            super().commit()

    def rollback(self) -> None:
        """As psycopg2's."""
        with _calls.made(self):
            super().rollback()


class _PatientCursor(cursor):
    def execute(self, *arguments: Any) -> None:
        with _calls.made(self.connection):
            super().execute(*arguments)

    def copy_expert(self, *arguments: Any, **options: Any) -> None:
        with _calls.made(self.connection):
            super().copy_expert(*arguments, **options)


class _Calls:
    """Those under way in this process, and a thread that looks at them."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked process: those were another's calls, and so was the thread."""
        self._lock = threading.Lock()
        self._ends: dict[int, float] = {}  # by socket
        self._looking: threading.Thread | None = None
        self.gave_up_at = -math.inf

    @contextmanager
    def made(self, by: Any) -> Iterator[None]:
        """A call is made; one that takes too long finds its socket shut."""
        if by.closed or by.patience_seconds == math.inf:
            yield
            return
        number = by.fileno()
        with self._lock:
            self._ends[number] = time.monotonic() + by.patience_seconds
            if self._looking is None:
                self._looking = threading.Thread(target=self._look, name="patience", daemon=True)
                self._looking.start()
        try:
            yield
        finally:
            with self._lock:  # while the thread looks: the number may be another's afterwards
                self._ends.pop(number, None)

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                for number in [number for number, end in self._ends.items() if end < time.monotonic()]:
                    del self._ends[number]
                    self.gave_up_at = time.monotonic()
                    _shut(number)


def _shut(number: int) -> None:
    """The socket of a descriptor that stays its owner's: who waits there reads its end."""
    with socket.socket(fileno=os.dup(number)) as found:
        found.shutdown(socket.SHUT_RDWR)


_calls = _Calls()
os.register_at_fork(after_in_child=_calls.forget)
