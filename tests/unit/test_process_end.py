"""A process that was told to stop ends soon, with its code, whatever a client of its leaves behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest
import structlog
from kafka.errors import KafkaTimeoutError

from ledger.reader import Reader
from ledger.writer import Writer
from processors.leader import Leader

ROOT = Path(__file__).parents[2]
_SCRIPT = """
import asyncio, os, signal, time
import structlog
from processors.process import Process

class App:
    async def stop(self):
        await deaf()

class Cancelled:
    async def stop(self):
        raise asyncio.CancelledError

async def deaf():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

class Worker(Process):
    async def work(self):
        os.kill(os.getpid(), signal.SIGTERM)
        await self._stop.wait()
        {leftover}
        return 7

raise SystemExit(Worker("worker", structlog.get_logger()).run("127.0.0.1", None))
"""


@pytest.mark.parametrize(
    "leftover",
    [
        pytest.param("await self._stop_app(App(), 0.2)", id="a client that heeds no cancellation"),
        pytest.param("await self._stop_app(Cancelled(), 0.2)", id="a client that ends as if it was cancelled"),
        pytest.param("self.kept = asyncio.create_task(deaf())", id="a task that heeds none"),
        pytest.param("asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)", id="a thread that waits"),
    ],
)
def test_a_process_ends_within_seconds_and_with_its_code(leftover: str) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(leftover=leftover)], cwd=ROOT, timeout=30, capture_output=True, text=True
    )
    assert done.returncode == 7, done.stderr
    assert time.monotonic() - began < 15, "most of it is the start of Python"


def test_a_reader_that_somebody_still_asks_is_left_to_the_end_of_the_process() -> None:
    reader, asked, gate = Reader("nowhere:1"), threading.Event(), threading.Event()

    async def question() -> None:
        asked.set()
        await asyncio.to_thread(gate.wait)

    asking = threading.Thread(target=lambda: reader._loop.run_until_complete(question()))
    asking.start()
    asked.wait(10)
    reader.__exit__()
    gate.set()
    asking.join(10)
    reader.__exit__()
    assert reader._loop.is_closed()


class _Closing(psycopg2.extensions.connection):
    """A connection whose end is heard by a thread that is in the midst of a step, and lets go as well."""

    leader: Leader

    def close(self) -> None:
        self.leader._let_go()
        raise psycopg2.InterfaceError("connection already closed")


class _Idle(Leader):
    def prepare(self) -> None: ...

    def step(self, connection: object) -> bool:
        return False


def test_a_leader_lets_go_whoever_does_so_meanwhile() -> None:
    leader = _Idle("relay", structlog.get_logger(), "", 1, 0.01)
    closing = _Closing.__new__(_Closing)
    closing.leader, leader._connection = leader, closing
    leader._let_go()
    assert leader._connection is None


def test_a_writer_is_closed_whoever_gives_it_up_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def close(self, timeout: float) -> None:
            writer.give_up(sending)
            raise KafkaTimeoutError

    monkeypatch.setattr(Writer, "_connected", lambda self, wait_seconds: Failing())
    monkeypatch.setattr("ledger.writer._end", lambda producer: None)
    writer = Writer("nowhere:1")
    sending = writer.sending()
    writer.close()
    assert not writer.is_current(sending)
