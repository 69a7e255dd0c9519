"""Has pieces written by processes of ours side by side; what they write comes back in the order of the pieces."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import IO

from audit.bulk.piece import Desk, Given, Piece, Written
from audit.bulk.process import Said, received, send
from ledger.errors import LedgerUnsound, OutcomeUnknown

WAITING = 2  # pieces a process, written or being written: what bounds the memory
_ERRORS = {one.__name__: one for one in (LedgerUnsound, OutcomeUnknown)}
_TAIL_CHARACTERS = 2_000


def written(given: Given, pieces: Iterable[Piece], processes: int) -> Iterator[Written]:
    """The pieces, written down, in their order. With one process it is this one.

    Raises `OutcomeUnknown`, `LedgerUnsound`, `ModuleNotFoundError`.
    """
    if processes == 1:
        with Desk(given) as desk:
            yield from map(desk.write, pieces)
        return
    with ExitStack() as running, ThreadPoolExecutor(processes) as threads:
        idle: SimpleQueue[_Process] = SimpleQueue()
        for _ in range(processes):
            idle.put(running.enter_context(_started(given)))

        def write(piece: Piece) -> Written:
            process = idle.get()
            try:
                return process.write(piece)
            finally:
                idle.put(process)

        waiting: deque[Future[Written]] = deque()
        for piece in pieces:
            waiting.append(threads.submit(write, piece))
            if len(waiting) >= WAITING * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _started(given: Given) -> Iterator[_Process]:
    with tempfile.TemporaryFile() as said_besides:
        process = _Process(given, said_besides)
        try:
            yield process
        finally:
            process.end()


class _Process:
    """One process, apart from the terminal, whose Ctrl-C is not for it; `said_besides` takes a stack trace."""

    def __init__(self, given: Given, said_besides: IO[bytes]) -> None:
        self._said_besides = said_besides
        self._child = subprocess.Popen(
            [sys.executable, "-m", "audit.bulk.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said_besides,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self._send(given)

    def write(self, piece: Piece) -> Written:
        """Has a piece written and waits for it; raises what the process met."""
        self._send(piece)
        assert self._child.stdout is not None
        said = received(self._child.stdout, Said)
        if said is None:
            self._said_besides.seek(0)
            tail = self._said_besides.read().decode(errors="replace")[-_TAIL_CHARACTERS:]
            raise ChildProcessError(f"a process of the export ended ({self._child.wait()}): {tail}")
        if said.error == ModuleNotFoundError.__name__:
            raise ModuleNotFoundError(name=said.what)
        if said.written is None:
            raise _ERRORS.get(said.error or "", OutcomeUnknown)(said.what, said.remedy)
        return said.written

    def end(self) -> None:
        """Ends it at once: what it writes it only says."""
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.kill()
        with suppress(OSError):
            self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()

    def _send(self, what: Given | Piece) -> None:
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):  # then its answer says why
            send(self._child.stdin, what)
