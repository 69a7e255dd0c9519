"""Who leads among equal processes, as PostgreSQL knows it; and what happens when that one falls."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.faults.scene import Scene, Worker
from tests.faults.wait import wait_until

_HOLDS = (
    "select client_port from pg_locks join pg_stat_activity using (pid) "
    "where locktype = 'advisory' and objid = %s and granted and datname = current_database()"
)


def leader_of(scene: Scene, lock: int) -> Worker:
    """The process whose session holds the lock; waits for one."""
    found: list[Worker] = []

    def look() -> bool:
        ports = {port for (port,) in scene.query(_HOLDS, lock)}
        found[:] = [one for one in scene.workers if one.is_running() and ports & local_ports(one)]
        return bool(found)

    wait_until(look, scene.tails)
    return found[0]


def local_ports(worker: Worker) -> set[int]:
    """Of its connections."""
    return {one.laddr.port for one in psutil.Process(worker.pid).net_connections()}


@contextmanager
def strike_leader(scene: Scene, part: str, lock: int, how: str) -> Iterator[None]:
    """Kills it, and starts another one; or freezes it, until the end of what is done within."""
    leader = leader_of(scene, lock)
    if how == "frozen":
        leader.send(signal.SIGSTOP)
        yield
        leader.send(signal.SIGCONT)
    else:
        leader.send(signal.SIGKILL)
        assert leader.exits(5) == -signal.SIGKILL
        scene.worker(part)
        yield
