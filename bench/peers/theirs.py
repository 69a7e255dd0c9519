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
from pathlib import Path

from bench.peers.cells import Cells, differences
from bench.peers.contenders import Job, Peer
from bench.peers.measured import Measured, measured
from bench.peers.meter import Meter
from bench.peers.scene import Scene
from bench.peers.topics import Results, Topics
from ledger.errors import ShanzhiError
from shanzhi.stack.child import Child, environment, last_lines

ROOT = Path(__file__).resolve().parents[2]
_LOOK_SECONDS = 0.1
_STALL_SECONDS = 120.0  # without any commit
_SETTLE_SECONDS = 20.0  # without any result, once the ledger is committed
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
        topics.make(job.results, *(name + suffix for suffix in peer.topics))
        given = environment() | {"PYTHONPATH": str(ROOT)}
        child = Child(command, log, signal.SIGKILL, given=given, folder=job.folder)
        try:
            with Meter([child.pid], *scene.server_pids) as meter, Results(job.bootstrap, job.results) as found:
                committed_at = _committed(topics, job.name, scene.events, child)
                wrong = _wrong(found, scene.expected)
                cost = meter.cost()
        finally:
            _end(child)
            topics.clear(job.name)
            shutil.rmtree(job.folder, ignore_errors=True)
    seconds = max(committed_at, found.last_at) - _first_at(log)
    return measured(peer.name, number, scene.events, seconds, cost, wrong)


def _committed(topics: Topics, group: str, events: int, child: Child) -> float:
    """When all of the ledger was committed, seconds since 1970."""
    done, moved_at = 0, time.monotonic()
    while done < events:
        time.sleep(_LOOK_SECONDS)
        before, done = done, topics.committed(group)
        if done != before:
            moved_at = time.monotonic()
        is_still = time.monotonic() - moved_at > _STALL_SECONDS
        if is_still or not child.is_running():
            what = f"{group} stands at {done} of {events} events, exit code {child.exit_code}. The end of its log:"
            raise PeerFailed(
                f"{what}\n{last_lines(child.log, 30)}", "Mend what these lines say, or leave the peer out."
            )
    return time.time()


def _wrong(found: Results, expected: Cells) -> list[str]:
    """What is wrong in the results once they are right, or no more of them come."""
    records, moved_at = 0, time.monotonic()
    while True:
        wrong = differences(found.cells(), expected)
        if not wrong or time.monotonic() - moved_at > _SETTLE_SECONDS:
            return wrong
        if found.records != records:
            records, moved_at = found.records, time.monotonic()
        time.sleep(_LOOK_SECONDS)


def _first_at(log: Path) -> float:
    """What the peer wrote when the first record came."""
    said = re.search(r"\bfirst (\d+\.\d+)\s*$", log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    if said:
        return float(said[1])
    raise PeerFailed(f"{log.stem} does not say when its first record came", f"See {log}.")


def _end(child: Child) -> None:
    child.send(signal.SIGTERM)
    if not child.ends_within(_END_SECONDS):
        os.kill(child.pid, signal.SIGKILL)
        child.ends_within(_END_SECONDS)
