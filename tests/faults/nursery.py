"""Processes of the tests, forked from one that has imported everything: a start then costs a core 20 ms, not 1.5 s.

Whatever has to be a program of its own (other folds, all of the soak) is not started here.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import msgspec
from msgspec import Struct

from shanzhi.stack.child import open_log
from shanzhi.stack.launch import PR_SET_PDEATHSIG
from tests.faults.process import Options, run

_IMPORTED = (
    *("processors.worker", "processors.clock.clock", "processors.decider.process", "processors.relay"),
    *("audit.rebuild", "shanzhi.logging"),
)


class Order(Struct, frozen=True):
    """What to start."""

    part: str
    options: Options
    log: str


class Started(Struct, frozen=True, tag=True):
    """The answer to an order."""

    pid: int


class Ended(Struct, frozen=True, tag=True):
    """Whenever one ends; negative: by that signal."""

    pid: int
    exit_code: int


class Forked:
    """A process of a nursery; what `Child` is elsewhere."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.pid = 0
        self.exit_code: int | None = None
        self._ended = threading.Event()

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._ended.is_set()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal unless it has ended."""
        if self.is_running():
            os.kill(self.pid, number)

    def ends_within(self, seconds: float) -> bool:
        """Waits for the end, at most so long; True when it came."""
        return self._ended.wait(seconds)

    def has_ended(self, exit_code: int) -> None:
        """Called once."""
        self.exit_code = exit_code
        self._ended.set()


class Nursery:
    """A context manager; at its end, or that of the tests, nothing of it is left."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.nursery"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, env=environment, cwd=folder, **pipes)  # type: ignore[call-overload]
        self._running: dict[int, Forked] = {}
        self._started: list[Forked] = []
        self._answered = threading.Semaphore(0)
        self._listening = threading.Thread(target=self._listen, name="nursery", daemon=True)
        self._listening.start()

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        for one in list(self._running.values()):
            one.send(signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait(10)
        self._listening.join()
        self._process.stdout.close()

    def start(self, part: str, options: Options, log: Path) -> Forked:
        """Forks one and waits until it has a process id."""
        open_log(log).close()  # there from now on, for whoever looks
        forked = Forked(log)
        self._started.append(forked)
        self._process.stdin.write(msgspec.json.encode(Order(part, options, str(log))) + b"\n")
        self._process.stdin.flush()
        assert self._answered.acquire(timeout=60), "the nursery does not answer"
        return forked

    def _listen(self) -> None:
        for line in self._process.stdout:
            told = msgspec.json.decode(line, type=Started | Ended)
            if isinstance(told, Ended):
                self._running.pop(told.pid).has_ended(told.exit_code)
            else:
                self._started[-1].pid = told.pid
                self._running[told.pid] = self._started[-1]
                self._answered.release()


def serve() -> None:
    """The nursery itself: an order a line comes in, what became of it goes out."""
    for name in _IMPORTED:
        import_module(name)
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # its start is told before its end
        if not (pid := os.fork()):
            _become(order)
        _tell(Started(pid))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def _become(order: Order) -> None:
    """Does the work, and never returns."""
    code = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with open_log(Path(order.log)) as log, Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        code = run(order.part, order.options)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell(Ended(pid, os.waitstatus_to_exitcode(status)))


def _tell(what: Struct) -> None:
    os.write(1, msgspec.json.encode(what) + b"\n")


if __name__ == "__main__":
    serve()
