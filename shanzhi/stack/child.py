"""One server process of ours: started apart from the terminal, ended with its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_BYTES_KEPT = 10_000_000
PASSED_ON = ("PATH", "HOME", "TMPDIR")  # nothing else: a stray PGDATA or JAVA_TOOL_OPTIONS can't reach a server


def environment() -> dict[str, str]:
    """The few variables a server sees, so that it runs the same from any shell."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}  # Java finds a folder with a Chinese name only under UTF-8


class Child:
    """Held by a thread of its own that lives as long as the process.

    Linux sends the parent-death signal when the *thread* that started a process ends, so a
    short-lived starter thread would take the server with it.

    Without `given` it sees the few variables of a server; `folder` is where it runs, None: where its owner does.
    """

    def __init__(
        self,
        command: list[str],
        log: Path,
        death_signal: signal.Signals,
        identity: str = "-",
        *,
        given: Mapping[str, str] | None = None,
        folder: Path | None = Path("/"),
    ) -> None:
        self._given, self._folder = given, folder
        self.command = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), identity]
        self.command += command
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._spawned = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"keeper of {Path(command[0]).name}", daemon=True)
        self._keeper.start()
        self._spawned.wait()
        if self._failure is not None:
            raise self._failure

    def _keep(self) -> None:
        try:
            self._process = self._spawn()
        except OSError as failure:
            self._failure = failure
        self._spawned.set()
        if self._process is not None:
            self._process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        """In a session of its own, so that the terminal's Ctrl-C reaches the owner alone."""
        with open_log(self.log) as output:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=environment() if self._given is None else self._given,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id; the launcher becomes the server, so it stays the same."""
        assert self._process is not None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while running; negative: ended by that signal."""
        return None if self.is_running() or self._process is None else self._process.returncode

    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._keeper.is_alive()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal unless the process has ended: its pid may be someone else's by now."""
        if self._process is not None and self.is_running():
            self._process.send_signal(number)

    def ends_within(self, seconds: float) -> bool:
        """Waits for the end, at most so long; True when it came."""
        self._keeper.join(seconds)
        return not self.is_running()


def open_log(log: Path) -> BinaryIO:
    """Opens for adding, readable by its owner alone; one older file of at most 10 MB is kept beside it."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".old"))
    return os.fdopen(os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "ab")


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, indented for an error message."""
    if not log.exists():
        return "    (no log yet)"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 16_384))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (the log is empty)"
