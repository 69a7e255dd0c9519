"""What every process around a Faust app does: signals, waiting for servers, probes, an end in bounded time.

An end takes no longer than `END_SECONDS`, whatever a server or a client of ours does: what was not committed by then is
rolled back, and read again by the next one.

Exit codes: 0 drained after SIGTERM or SIGINT; 8 the watchdog saw records and no progress; the error's own for one
of our errors; 1 anything else. Kafka or PostgreSQL away is no reason to end.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import uvloop

from ledger.errors import OutcomeUnknown, ShanzhiError
from processors.aside import aside
from processors.metrics import process_registry
from processors.probes import Probes
from processors.readiness import Readiness

if TYPE_CHECKING:
    from processors.batches import BatchApp  # Faust is slow to import, and the leaders need none

WATCHDOG_EXIT_CODE = 8
TICK_SECONDS = 0.5
END_SECONDS = 4.5  # after SIGTERM; who stops us may kill after 5
_RETRY_SECONDS = 1.0
_CLIENT_STOP_SECONDS = 1.0
_LEAVE_SECONDS = 1.0  # for what is left once the work is done: sockets and threads of clients
T = TypeVar("T")


class Process(ABC):
    """One process; `work` is what it does between the signals. `log` is a structlog logger,
    `about` goes into its build information."""

    young_objects = 100_000  # before cycles among them are looked for: batches make many objects and hardly any cycles

    def __init__(self, name: str, log: Any, **about: str) -> None:
        self._log = log
        self._stopping = threading.Event()  # for threads
        self._stop = asyncio.Event()
        self._readiness = Readiness()
        self._registry = process_registry(name, self._readiness.reason, **about)
        self.is_abandoned = False  # a thread waits for a server that will never answer

    @abstractmethod
    async def work(self) -> int:
        """Everything until `_stop` is set; returns the exit code."""

    def run(self, probe_host: str, probe_port: int | None) -> int:
        """Works until SIGTERM or SIGINT, and returns the exit code. Without a port no probes answer."""
        gc.set_threshold(self.young_objects, 20, 100)
        sys.setswitchinterval(0.001)  # a thread back from a server does not wait 5 ms for its turn
        code = 1
        try:
            with self._probes(probe_host, probe_port):
                code = uvloop.run(self._run())
        except ShanzhiError as error:
            self._say(error)
            code = error.exit_code
        if self.is_abandoned:
            _leave(code)
        return code

    def _probes(self, host: str, port: int | None) -> AbstractContextManager[object]:
        if port is None:
            return nullcontext()
        said = self._readiness
        return Probes(host, port, said.reason, alive=said.stale, registry=self._registry)

    async def _run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._ask_to_stop)
        beating = asyncio.create_task(self._readiness.beat())
        code = 1
        try:
            code = await self.work()
        except ShanzhiError as error:
            self._say(error)
            code = error.exit_code
        except Exception:  # whatever it was, a thread that hangs must not keep the failed process alive
            self._log.exception("failed")
        finally:
            beating.cancel()
            leave_within(_LEAVE_SECONDS, code)
        return code

    def _ask_to_stop(self) -> None:
        self._log.info("stopping")
        leave_within(END_SECONDS, 0)
        self._readiness.stops()
        self._stopping.set()
        self._stop.set()

    async def _answered(self, ask: Callable[[], T]) -> T | None:
        """What the servers answer, however long they take. None: told to stop."""
        while not self._stop.is_set():
            try:
                return await aside(ask, until=self._stop)
            except OutcomeUnknown as error:
                if not self._stop.is_set():
                    self._log.warning("not_ready", what=error.what)
                    self._readiness.still_waits(error.what)
            await self._sleep(_RETRY_SECONDS)
        return None

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _stop_app(self, app: BatchApp, seconds: float = _CLIENT_STOP_SECONDS) -> None:
        """Not `wait_for`: that waits on for a client that does not heed its cancellation, as Faust's may."""
        stopping = asyncio.create_task(app.stop())
        _, waiting = await asyncio.wait([stopping], timeout=seconds)
        if waiting:
            stopping.cancel()
            self._log.warning("kafka_client_did_not_stop")
        elif not stopping.cancelled() and (error := stopping.exception()):
            self._log.warning("kafka_client_stopped_badly", error=repr(error))

    def _say(self, error: ShanzhiError) -> None:
        self._log.error("stopped", what=error.what, remedy=error.remedy)


def leave_within(seconds: float, code: int) -> None:
    """Ends the process with its code if it has not ended by itself by then: all that was to be kept is kept."""
    timer = threading.Timer(seconds, _leave, [code])
    timer.daemon = True
    timer.start()


def _leave(code: int) -> NoReturn:
    logging.shutdown()
    os._exit(code)
