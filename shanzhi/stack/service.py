"""What the broker and the database have in common: start until it answers, stop in bounded time."""

from __future__ import annotations

import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from shanzhi.stack.child import Child, last_lines
from shanzhi.stack.errors import StackError
from shanzhi.stack.ports import refuse_taken

Report = Callable[[str], None]
STOP_SECONDS = 6.0
KILL_SECONDS = 1.5  # twice at most, so that a stop takes less than 10 s whatever hangs
ORPHAN_SECONDS = 5.0


def silent(_message: str) -> None:
    """The default for progress: say nothing."""


class Service(ABC):
    """One server with its data folder and port; the same object can be started and stopped again."""

    key: str  # in stack.json
    name: str
    port_option: str
    stop_signal: signal.Signals
    answer_seconds: float

    def __init__(self, folder: Path, port: int, *, log: Path | None = None, report: Report = silent) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.log = log or self.folder / "server.log"
        self.report = report
        self.cancelled = threading.Event()
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id, or None when it does not run."""
        return self._child.pid if self._child and self._child.is_running() else None

    def is_running(self) -> bool:
        """Whether our process lives; it may still be starting."""
        return self.pid is not None

    def start(self) -> None:
        """Returns when the server answers; raises StackError with the last log lines if it does not."""
        if self.is_running():
            return
        self.end_orphans()
        refuse_taken(self.port, self.name, self.port_option)
        self._child = Child(self._prepare(), self.log, self.stop_signal, self._identity())
        try:
            self._await_answer(self._child)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Asks the server to end cleanly and kills it if it has not within 6 s; nothing of it is left then."""
        if self._child is None:
            return
        self._child.send(self.stop_signal)
        if not self._child.ends_within(STOP_SECONDS):
            self.report(f"{self.name}: killed, it did not stop within {STOP_SECONDS:.0f} s (it recovers when started)")
        self.kill()
        self._child = None

    def kill(self) -> None:
        """SIGKILL to the server and all its children, as a power cut would; start() recovers."""
        if self._child is not None:
            self._child.send(signal.SIGKILL)
            self._child.ends_within(KILL_SECONDS)
        for process in self._processes():
            _send(process, signal.SIGKILL)
        self._gone_within(KILL_SECONDS)

    def cancel(self) -> None:
        """From another thread, for good: makes a start under way give up at its next step."""
        self.cancelled.set()

    def _await_answer(self, child: Child) -> None:
        began = time.monotonic()
        deadline, next_report = began + self.answer_seconds, began + 5
        while not self._answers():
            now = time.monotonic()
            if not child.is_running():
                raise self._failure(f"ended while starting (exit code {child.exit_code})")
            if self.cancelled.is_set():
                raise StackError(f"{self.name}: the start was cancelled", "Start again.")
            if now > deadline:
                raise self._failure(f"did not answer within {self.answer_seconds:.0f} s")
            if now > next_report:
                self.report(f"{self.name}: starting, {now - began:.0f} s (log: {self.log})")
                next_report = now + 5
            time.sleep(0.05)
        self.report(f"{self.name}: answers on port {self.port} after {time.monotonic() - began:.1f} s")

    def _failure(self, what: str) -> StackError:
        return StackError(
            f"{self.name} {what}. The end of {self.log}:\n{last_lines(self.log)}",
            "Check free memory and disk space and the lines above, then start again; the data is kept.",
        )

    def end_orphans(self) -> None:
        """Stops what an owner that was killed left: two servers must never share the data."""
        orphans = self._processes()
        if not orphans or self.is_running():
            return
        self.report(f"{self.name}: stopping what an earlier run left (pid {', '.join(str(p.pid) for p in orphans)})")
        for number in (self.stop_signal, signal.SIGKILL):
            for process in self._processes():
                _send(process, number)
            if self._gone_within(ORPHAN_SECONDS):
                return
        pids = " ".join(str(process.pid) for process in self._processes())
        raise StackError(
            f"{self.name}: can't end the server left in {self.folder}", f"End it, then start: kill -9 {pids}"
        )

    def _gone_within(self, seconds: float) -> bool:
        """Asks for living processes, since an orphan may stay a zombie where no init process collects it."""
        deadline = time.monotonic() + seconds
        while self._processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _processes(self) -> list[psutil.Process]:
        """Every living process of this folder, known by what it runs, never by a remembered pid."""
        return [process for process in psutil.process_iter() if _is_ours(self, process)]

    def _identity(self) -> str:
        """`uid:gid` to run as, or `-` for the owner's."""
        return "-"

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Makes the data folder ready and returns the server's command."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether clients are served now."""

    @abstractmethod
    def _is_mine(self, process: psutil.Process) -> bool:
        """Whether a process is a server of this very folder; may raise psutil.Error."""


def _is_ours(service: Service, process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and service._is_mine(process)
    except psutil.Error:  # it ended meanwhile, or belongs to someone else
        return False


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
