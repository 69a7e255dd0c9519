"""Worker processes and who watches over them: started again when they fall, stopped so that they drain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from ledger.errors import LedgerUnsound
from shanzhi.endpoints import Report
from shanzhi.errors import SettingsRefused, WorkerFailed
from shanzhi.stack import Endpoints
from shanzhi.stack.child import Child, last_lines, open_log

COMMAND = [sys.executable, "-m", "shanzhi", "worker"]
DRAIN_SECONDS = 25.0
FALLS_AT_MOST = 8  # in a row; a worker that ran for STEADY_SECONDS starts counting anew
STEADY_SECONDS = 60.0
BACKOFF_AT_MOST_SECONDS = 15.0
# Starting again can't help: a person has to decide.
FINAL_CODES = {LedgerUnsound.exit_code, SettingsRefused.exit_code}


class WorkerProcess(Child):
    """`shanzhi worker` with the endpoints in its environment. Its owner's end is its SIGTERM: it drains."""

    def __init__(self, endpoints: Endpoints, lanes: int, log: Path) -> None:
        self.environment = os.environ | {
            "KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
            "DATABASE_URL": endpoints.database_url,
            "SHANZHI_LANES": str(lanes),
            "SHANZHI_LOG_FORMAT": "json",
        }
        super().__init__(COMMAND, log, signal.SIGTERM)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with open_log(self.log) as output:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )


@dataclass
class _Post:
    """A worker's place: the process that holds it now, and how often one fell here in a row."""

    number: int
    process: WorkerProcess | None = None
    started_at: float = 0.0
    falls: int = 0
    again_at: float = 0.0
    left: bool = field(default=False)


class Workers:
    """So many workers over the same endpoints. `tend` has to be called again and again; `stop` drains."""

    def __init__(self, endpoints: Endpoints, count: int, *, lanes: int, logs: Path, report: Report) -> None:
        self._endpoints, self._lanes, self._logs, self._report = endpoints, lanes, logs.resolve(), report
        self.restarts = 0
        self._posts = [_Post(number) for number in range(1, count + 1)]

    def __enter__(self) -> Workers:
        for post in self._posts:
            self._start(post)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """Of the workers that run now."""
        return [post.process.pid for post in self._posts if post.process and post.process.is_running()]

    def log_of(self, number: int) -> Path:
        """Where a worker writes; numbers begin with 1."""
        return self._logs / f"worker-{number}.log"

    def tend(self) -> None:
        """Starts fallen workers again, later each time.

        Raises `WorkerFailed` where that can't help, or has not helped often enough.
        """
        for post in self._posts:
            if post.left or (post.process and post.process.is_running()):
                continue
            if post.process is not None:
                self._fallen(post, post.process)
            elif time.monotonic() >= post.again_at:
                self._start(post)

    def stop(self) -> None:
        """Asks all to drain at once, and kills what has not ended within 25 s (its batch is rolled back)."""
        processes = [post.process for post in self._posts if post.process]
        for process in processes:
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        for process in processes:
            if not process.ends_within(max(0.0, deadline - time.monotonic())):
                self._report(f"worker {process.pid}: killed, it did not drain within {DRAIN_SECONDS:.0f} s")
                process.send(signal.SIGKILL)
                process.ends_within(5)
        for post in self._posts:
            post.process, post.left = None, True

    def _start(self, post: _Post) -> None:
        post.process = WorkerProcess(self._endpoints, self._lanes, self.log_of(post.number))
        post.started_at = time.monotonic()

    def _fallen(self, post: _Post, process: WorkerProcess) -> None:
        code, log = process.exit_code or 0, self.log_of(post.number)
        post.process = None
        if code == 0:
            post.left = True
            self._report(f"worker {post.number}: was asked to stop by somebody, and is not started again")
            return
        now = time.monotonic()
        post.falls = 1 if now - post.started_at > STEADY_SECONDS else post.falls + 1
        if code in FINAL_CODES or post.falls >= FALLS_AT_MOST:
            what, remedy = _last_word(log)
            raise WorkerFailed(f"worker {post.number}: {what}", remedy, code if 0 < code < 126 else 1)
        wait_seconds = min(BACKOFF_AT_MOST_SECONDS, 0.5 * 2 ** (post.falls - 1))
        post.again_at = now + wait_seconds
        self.restarts += 1
        again = f"again in {wait_seconds:.1f} s (log: {log})"
        self._report(f"worker {post.number}: ended with code {code}, {again}")


def _last_word(log: Path) -> tuple[str, str]:
    """Why a worker ended and what to do, as it said itself; else the end of its log."""
    lines = last_lines(log)
    for line in reversed(lines.splitlines()):
        try:
            said = orjson.loads(line)
            return str(said["what"]), str(said["remedy"])
        except (ValueError, KeyError, TypeError):
            continue
    return (
        f"it ends again and again. The end of {log}:\n{lines}",
        "按上面的原因处理后重新启动 · Mend what these lines say, then start again; nothing is lost.",
    )
