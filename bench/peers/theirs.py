"""One run of a peer: started with nothing, watched until its committed results are right, ended, and cleared away.

Its clock starts when it says that the first record came. It stops when the broker has stamped the last result or when
all of the ledger is committed, whichever is later; what it commits of its own topics after that is not counted.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from bench.peers.cells import Cells, differences
from bench.peers.contenders import Job, Peer
from bench.peers.measured import Measured, measured
from bench.peers.meter import Meter
from bench.peers.scene import Scene
from bench.peers.topics import Topics
from ledger.errors import ShanzhiError
from shanzhi.stack.child import Child, environment, last_lines

ROOT = Path(__file__).resolve().parents[2]
_LOOK_SECONDS = 0.1
_STALL_SECONDS = 120.0  # without any commit
_SETTLE_SECONDS = 20.0  # for the last results, once the ledger is committed
_END_SECONDS = 15.0


class PeerFailed(ShanzhiError):
    """A peer ended, or stands still."""


def run(peer: Peer, number: int, scene: Scene) -> Measured:
    """Cold, to the end. Raises `PeerFailed` where it never gets there."""
    name = f"{peer.name}-{number}"
    job = Job(scene.endpoints.kafka_bootstrap, name, scene.folder / name, scene.report)
    command = peer.command(job, peer.settings)
    job.folder.mkdir(parents=True)
    log = scene.folder / "logs" / f"{name}.log"
    with Topics(job.bootstrap) as topics:
        topics.make(job.results)
        given = environment() | {"PYTHONPATH": str(ROOT)}
        child = Child(command, log, signal.SIGKILL, given=given, folder=job.folder)
        try:
            with Meter(child.pid, *scene.server_pids) as meter:
                committed_at = _committed(topics, job.name, scene.events, _alive(child, log))
                cost = meter.cost()
            last_at, wrong = _right(topics, job.results, scene.expected)
        finally:
            _end(child)
            topics.clear(job.name)
            shutil.rmtree(job.folder, ignore_errors=True)
    seconds = max(committed_at, last_at) - _first_at(log)
    return measured(peer.name, number, scene.events, seconds, cost, wrong)


def _committed(topics: Topics, group: str, events: int, check: Callable[[], None]) -> float:
    """When all of the ledger was committed, seconds since 1970."""
    done, moved_at = 0, time.monotonic()
    while done < events:
        time.sleep(_LOOK_SECONDS)
        check()
        before, done = done, topics.committed(group)
        if done != before:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > _STALL_SECONDS:
            raise PeerFailed(f"{group} stands at {done} of {events} events", "See its log.")
    return time.time()


def _right(topics: Topics, name: str, expected: Cells) -> tuple[float, list[str]]:
    """When the last result was stamped, and what is wrong in them after some patience."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        found = topics.results(name)
        wrong = differences(found.cells, expected)
        if not wrong or time.monotonic() > deadline:
            return found.last_at, wrong
        time.sleep(_LOOK_SECONDS)


def _alive(child: Child, log: Path) -> Callable[[], None]:
    def check() -> None:
        if not child.is_running():
            raise PeerFailed(f"it ended with code {child.exit_code}:\n{last_lines(log)}", "See the lines above.")

    return check


def _first_at(log: Path) -> float:
    """What the peer wrote when the first record came."""
    said = re.search(r"first (\d+\.\d+)$", log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    if said:
        return float(said[1])
    raise PeerFailed(f"{log.stem} does not say when its first record came", f"See {log}.")


def _end(child: Child) -> None:
    child.send(signal.SIGTERM)
    if not child.ends_within(_END_SECONDS):
        os.kill(child.pid, signal.SIGKILL)
        child.ends_within(_END_SECONDS)
