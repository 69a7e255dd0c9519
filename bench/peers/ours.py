"""One run of ours on a new database: two live workers, then `shanzhi rebuild` over the same ledger.

The clock of the live run starts when a worker was given its partitions, before its first record, and stops when the
tables that readers see hold all; that of the rebuild is its own word, from its first step until readers see the tables.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bench.peers.cells import GRID_COUNTS, UNIT_COUNTS, Cells, differences, without_zeros
from bench.peers.measured import Measured, measured
from bench.peers.meter import Meter
from bench.peers.scene import Scene
from projections.store.connection import connect
from projections.store.generation import current_generation
from shanzhi.crew import Crew
from shanzhi.draining import Pace, wait_until_read
from shanzhi.endpoints import prepare
from shanzhi.errors import CountsDiffer
from shanzhi.posts import SHANZHI, worker_posts
from shanzhi.stack import Endpoints
from shanzhi.watch import Watch, ledger_ends

LIVE, REBUILD = "shanzhi", "shanzhi rebuild"
_PROCESSES = 2  # workers, and those of a rebuild: as many as Kafka Streams has threads
_CELLS = Path(__file__).with_name("cells.sql")


def run(number: int, scene: Scene) -> list[Measured]:
    """Live, then rebuilt."""
    with _new_database(scene, f"peers_{number}") as endpoints:
        prepare(endpoints, scene.settings.replicas)
        return [_live(number, scene, endpoints), _rebuilt(number, scene, endpoints)]


def _live(number: int, scene: Scene, endpoints: Endpoints) -> Measured:
    logs = scene.folder / "logs" / f"shanzhi-{number}"
    crew = Crew(worker_posts(endpoints, scene.settings, _PROCESSES), logs=logs, report=scene.report)
    with Watch(endpoints.database_url) as watch, crew, Meter(crew.pids, *scene.server_pids) as meter:
        wait_until_read(watch, ledger_ends(endpoints.kafka_bootstrap), Pace.start(watch), crew.tend)
        ended, cost = time.time(), meter.cost()
    if crew.restarts:
        raise CountsDiffer(f"workers fell {crew.restarts} times", f"See {logs}.")
    return measured(LIVE, number, scene.events, ended - _began_at(logs), cost, _wrong(endpoints, scene))


def _rebuilt(number: int, scene: Scene, endpoints: Endpoints) -> Measured:
    given = {"KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap, "DATABASE_URL": endpoints.database_url}
    command = [*SHANZHI, "rebuild", "--processes", str(_PROCESSES), "--json"]
    with (
        subprocess.Popen(command, env=os.environ | given, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        Meter([process.pid], *scene.server_pids) as meter,
    ):
        said, complaint = process.communicate()
        cost = meter.cost()
    if process.returncode != 0:
        raise CountsDiffer(f"shanzhi rebuild ended with {process.returncode}", complaint.decode()[-800:])
    seconds = orjson.loads(said)["seconds"]
    return measured(REBUILD, number, scene.events, seconds, cost, _wrong(endpoints, scene))


def _wrong(endpoints: Endpoints, scene: Scene) -> list[str]:
    return differences(cells(endpoints.database_url), scene.expected)


def cells(database_url: str) -> Cells:
    """The cells as the tables that readers see hold them."""
    names = tuple(dict.fromkeys((*GRID_COUNTS, *UNIT_COUNTS)))
    with closing(connect(database_url, "peers bench")) as connection, connection.cursor() as cursor:
        generation = current_generation(connection)
        cursor.execute(_CELLS.read_text(encoding="utf-8").replace("generation.", f"{generation}."))
        columns = [column.name for column in cursor.description]
        rows: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return without_zeros({row["key"]: {name: row[name] for name in names if row.get(name)} for row in rows})


@contextmanager
def _new_database(scene: Scene, name: str) -> Iterator[Endpoints]:
    url = scene.endpoints.database_url
    with closing(connect(url, "peers bench")) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"create database {name}")
        try:
            yield Endpoints(scene.endpoints.kafka_bootstrap, f"{url.rpartition('/')[0]}/{name}")
        finally:
            cursor.execute(f"drop database {name} with (force)")
            cursor.execute("checkpoint")  # its rest must not be the next contender's


def _began_at(logs: Path) -> float:
    """When the first worker was given partitions, seconds since 1970."""
    lines = (line for log in logs.glob("*.log") for line in log.read_text(encoding="utf-8").splitlines())
    said = (orjson.loads(line) for line in lines if line.startswith("{"))
    at = [datetime.fromisoformat(one["timestamp"]) for one in said if one.get("event") == "assigned"]
    if not at:
        raise CountsDiffer("no worker was given a partition", f"See {logs}.")
    return min(at).timestamp()
