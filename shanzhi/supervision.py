"""Embedded servers that fall are started again while somebody watches over them."""

from __future__ import annotations

import time

from shanzhi.endpoints import Report
from shanzhi.errors import NotRunning
from shanzhi.stack import Stack, StackError
from shanzhi.stack.service import Service

STARTS_AT_MOST = 5  # in WITHIN_SECONDS; then the machine needs a person
WITHIN_SECONDS = 300.0


class Servers:
    """The servers of a stack, none where both were given. `tend` has to be called again and again."""

    def __init__(self, stack: Stack | None, *, report: Report) -> None:
        self._services = _of(stack)
        self._report = report
        self._starts: list[float] = []

    def tend(self) -> None:
        """Starts a fallen server again on its port and data; workers and publishers wait meanwhile.

        Raises `StackError` where it does not start, `NotRunning` where it falls too often.
        """
        for service in self._services:
            if not service.is_running():
                self._start(service)

    def _start(self, service: Service) -> None:
        now = time.monotonic()
        self._starts = [at for at in self._starts if now - at < WITHIN_SECONDS] + [now]
        if len(self._starts) > STARTS_AT_MOST:
            raise NotRunning(
                f"{service.name} ended {len(self._starts)} times within {WITHIN_SECONDS:.0f} s",
                f"Look at the end of {service.log}; free memory and disk space are the usual reasons.",
            )
        self._report(f"{service.name}: ended by itself, starting it again")
        service.start()


def _of(stack: Stack | None) -> list[Service]:
    if stack is None:
        return []
    found: list[Service] = []
    for name in ("broker", "postgres"):
        try:
            found.append(getattr(stack, name))
        except StackError:  # this one was given
            continue
    return found
