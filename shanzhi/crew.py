"""Processes at their posts and who watches over them: started again when they fall, stopped so that they drain."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from ledger.errors import LedgerUnsound, VaultLocked
from shanzhi.endpoints import Report
from shanzhi.errors import PostFailed, SettingsRefused
from shanzhi.posts import Post
from shanzhi.stack.child import Child, last_lines

DRAIN_SECONDS = 8.0  # they take 5 at the most, on a machine that has time for them
FALLS_AT_MOST = 8  # in a row; a process that ran for STEADY_SECONDS starts counting anew
STEADY_SECONDS = 60.0
BACKOFF_AT_MOST_SECONDS = 15.0
# Starting again can't help: a person has to decide.
FINAL_CODES = {LedgerUnsound.exit_code, SettingsRefused.exit_code, VaultLocked.exit_code}


class _Process(Child):
    """What a post runs, with the post's environment. Its owner's end is its SIGTERM: it drains."""

    def __init__(self, post: Post, log: Path) -> None:
        self.keys = dict(post.keys())
        self.is_asked_to_end = False
        given = {**post.environment, **self.keys}
        super().__init__(list(post.command), log, signal.SIGTERM, given=given, folder=None)


@dataclass
class _Held:
    """A post with the process that holds it now, and how often one fell here in a row."""

    post: Post
    process: _Process | None = None
    started_at: float = 0.0
    falls: int = 0
    again_at: float = 0.0
    left: bool = False


class Crew:
    """A process at each post. `tend` has to be called again and again; `stop` drains."""

    def __init__(self, posts: Sequence[Post], *, logs: Path, report: Report) -> None:
        self._logs, self._report = logs.resolve(), report
        self.restarts = 0
        self._held = [_Held(post) for post in posts]

    def __enter__(self) -> Crew:
        for held in self._held:
            self._start(held)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """Of the processes that run now."""
        return [held.process.pid for held in self._held if held.process and held.process.is_running()]

    def log_of(self, name: str) -> Path:
        """Where the process of a post writes."""
        return self._logs / f"{name}.log"

    def tend(self) -> None:
        """Starts fallen processes again, later each time.

        Raises `PostFailed` where that can't help, or has not helped often enough.
        """
        for held in self._held:
            if held.left:
                continue
            if held.process and held.process.is_running():
                self._renew(held.post, held.process)
            elif held.process is not None:
                self._fallen(held, held.process)
            elif time.monotonic() >= held.again_at:
                self._start(held)

    def stop(self) -> None:
        """Asks all to drain at once, and kills what has not ended within 8 s (its batch is rolled back)."""
        for held in self._held:
            if held.process:
                held.process.send(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        for held in self._held:
            if held.process and not held.process.ends_within(max(0.0, deadline - time.monotonic())):
                self._report(f"{held.post.name}: killed, it did not drain within {DRAIN_SECONDS:.0f} s")
                held.process.send(signal.SIGKILL)
                held.process.ends_within(5)
            held.process, held.left = None, True

    def _start(self, held: _Held) -> None:
        held.process = _Process(held.post, self.log_of(held.post.name))
        held.started_at = time.monotonic()

    def _renew(self, post: Post, process: _Process) -> None:
        """A new master key has come into use: the process ends in good order, and the next one is given it."""
        with suppress(VaultLocked):
            if not process.is_asked_to_end and post.is_locked_out(process.keys):
                process.is_asked_to_end = True
                self._report(f"{post.name}: the master key was replaced, starting it again with the new one")
                process.send(signal.SIGTERM)

    def _fallen(self, held: _Held, process: _Process) -> None:
        code, name, log = process.exit_code or 0, held.post.name, self.log_of(held.post.name)
        held.process = None
        if held.post.is_locked_out(process.keys):
            return  # it ended for that, asked or not, and is started at the next look
        if code == 0:
            held.left = True
            self._report(f"{name}: was asked to stop by somebody, and is not started again")
            return
        now = time.monotonic()
        held.falls = 1 if now - held.started_at > STEADY_SECONDS else held.falls + 1
        if code in FINAL_CODES or held.falls >= FALLS_AT_MOST:
            what, remedy = _last_word(log)
            raise PostFailed(f"{name}: {what}", remedy, code if 0 < code < 126 else 1)
        wait_seconds = min(BACKOFF_AT_MOST_SECONDS, 0.5 * 2 ** (held.falls - 1))
        held.again_at = now + wait_seconds
        self.restarts += 1
        self._report(f"{name}: ended with code {code}, again in {wait_seconds:.1f} s (log: {log})")


def _last_word(log: Path) -> tuple[str, str]:
    """Why a process ended and what to do, as it said itself; else the end of its log."""
    text = last_lines(log)
    lines = [line.strip() for line in text.splitlines()]
    for line, next_line in reversed(list(zip(lines, [*lines[1:], ""], strict=True))):
        said = _logged(line) or _printed(line, next_line)
        if said:
            return said
    return (
        f"it ends again and again. The end of {log}:\n{text}",
        "按上面的原因处理后重新启动 · Mend what these lines say, then start again; nothing is lost.",
    )


def _logged(line: str) -> tuple[str, str] | None:
    try:
        said = orjson.loads(line)
        return str(said["what"]), str(said["remedy"])
    except (ValueError, KeyError, TypeError):
        return None


def _printed(line: str, next_line: str) -> tuple[str, str] | None:
    """As `shanzhi.cli.output.say_error` prints an error."""
    _, is_error, what = line.partition("error: ")
    _, has_remedy, remedy = next_line.partition("→ ")
    return (what, remedy) if is_error and has_remedy else None
