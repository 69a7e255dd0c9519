"""Starts the processes of a fold, gives them the partitions, largest first, and adds up what they say."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import msgspec

from audit.folding.keep import EVERYTHING, Keep
from audit.folding.orders import Order, Said
from audit.folding.task import Done, Given, Task
from audit.witness import Seen
from ledger.errors import LedgerUnsound, OutcomeUnknown, ShanzhiError, StoreUnsound
from projections.families import TALLIES
from projections.store.connection import answering

Report = Callable[[int, int], None]
"""Called with records read so far and records in all."""

_ERRORS: dict[str, type[ShanzhiError]] = {one.__name__: one for one in (LedgerUnsound, OutcomeUnknown, StoreUnsound)}
_TAIL_CHARACTERS = 2_000


class Folded(NamedTuple):
    """What a fold came to: records read, where each partition stands, how long it took, what witnesses saw."""

    records: int
    next: dict[int, int]
    seconds: float
    seen: dict[int, Seen]


def fold_into(
    database_url: str,
    kafka_bootstrap: str,
    schema: str,
    until: Mapping[int, int],
    *,
    keep: Keep = EVERYTHING,
    processes: int = 2,
    report: Report = lambda done, total: None,
    afresh: str | None = None,
    watched: bool = False,
) -> Folded:
    """Folds the ledger below `until[p]` into the tables of a schema, which are there (committed) and empty.

    What counts is what the event index names; `afresh` is a schema whose empty tables `event_index`, `quarantine` and
    `index_position` are filled instead, from the records alone. `watched`: what index and quarantine hold is not
    trusted but witnessed, and what the witnesses found is `seen`. Each partition is committed by itself: after an error
    the schema is good for nothing. With one process it is this one.

    Raises `StoreUnsound` where the index can't be right, `LedgerUnsound` where the ledger lacks something,
    `OutcomeUnknown` where a server is away.
    """
    given = Given(database_url, kafka_bootstrap, schema, keep, afresh, watched)
    counter = _Counter(report, sum(until.values()))
    began = time.monotonic()
    waiting = sorted(((number, end) for number, end in until.items()), key=lambda one: -one[1])
    if processes == 1:
        with answering(), Task(given, counter.add) as task:
            found = {number: task.fold(number, end) for number, end in waiting}
            task.finish(TALLIES, is_first=True)
    else:
        found = _together(given, waiting, min(processes, len(waiting)), counter.add)
    following = {number: one.next for number, one in found.items()}
    seen = {number: one.seen for number, one in found.items() if one.seen is not None}
    return Folded(counter.done, following, time.monotonic() - began, seen)


class _Counter:
    def __init__(self, report: Report, total: int) -> None:
        self._report, self._total, self.done = report, total, 0
        self._lock = threading.Lock()

    def add(self, records: int) -> None:
        with self._lock:
            self.done += records
            self._report(self.done, self._total)


def _together(
    given: Given, partitions: list[tuple[int, int]], processes: int, report: Callable[[int], None]
) -> dict[int, Done]:
    waiting: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
    for one in partitions:
        waiting.put(one)
    found: dict[int, Done] = {}
    rounds, failed = threading.Barrier(processes), list[BaseException]()

    def drive(number: int, process: _Process) -> None:
        try:
            fold(process)
            for turn in range(processes):  # in each another part of the tallies; whose was whose first, finds it empty
                rounds.wait()
                process.do(Order(tallies=((number + turn) % processes, processes), is_first=turn == 0), report)
        except BaseException as error:
            failed.append(error)
            rounds.abort()
            raise

    def fold(process: _Process) -> None:
        process.answer(report)
        with suppress(queue.Empty):
            while True:
                number, end = waiting.get_nowait()
                found[number] = process.do(Order(number, end), report)

    with _started(given, processes) as running, ThreadPoolExecutor(processes) as threads:
        futures = [threads.submit(drive, number, process) for number, process in enumerate(running)]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            if not all(future.done() and future.exception() is None for future in futures):
                for process in running:
                    process.kill()
    if failed:
        raise failed[0]  # the others were ended for it, or waited for it
    return found


@contextmanager
def _started(given: Given, processes: int) -> Iterator[list[_Process]]:
    running: list[_Process] = []
    try:
        for _ in range(processes):
            running.append(_Process(given))
        yield running
    finally:
        for process in running:
            process.end()


class _Process:
    """One process of `audit.folding.process`, apart from the terminal, whose Ctrl-C reaches its owner alone."""

    def __init__(self, given: Given) -> None:
        self._told = tempfile.TemporaryFile()  # noqa: SIM115 - a stack trace, should there be one; `end` closes it
        self._child = subprocess.Popen(
            [sys.executable, "-m", "audit.folding.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._told,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self._send(given)

    def do(self, order: Order, report: Callable[[int], None]) -> Done:
        """Has something done and waits for it."""
        self._send(order)
        return self.answer(report)

    def answer(self, report: Callable[[int], None]) -> Done:
        """What it answers; raises what it met."""
        assert self._child.stdout is not None
        for line in self._child.stdout:
            said = msgspec.json.decode(line, type=Said)
            if said.error is not None:
                raise _ERRORS.get(said.error, ShanzhiError)(said.what, said.remedy)
            if said.done is not None:
                return said.done
            report(said.read)
        raise ChildProcessError(f"a process of the fold ended ({self._child.wait()}): {self._tail()}")

    def kill(self) -> None:
        """Ends it at once; PostgreSQL undoes what it had not committed."""
        self._child.kill()

    def end(self) -> None:
        """Ends it by the end of its input."""
        assert self._child.stdin is not None and self._child.stdout is not None
        with suppress(OSError):
            self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()
        self._told.close()

    def _send(self, what: Any) -> None:
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):  # then its answer says why
            self._child.stdin.write(msgspec.json.encode(what) + b"\n")
            self._child.stdin.flush()

    def _tail(self) -> str:
        self._told.seek(0)
        return self._told.read().decode(errors="replace")[-_TAIL_CHARACTERS:]
