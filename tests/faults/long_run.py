"""Everything runs for half an hour, a county lives and pages are read: no process may grow.

Not collected with the others: `make soak-run`. `SHANZHI_SOAK_MINUTES` makes it shorter, to see whether it works.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2
import pytest

from audit.verify import verify
from shanzhi.demo.live import endless, paced
from shanzhi.feeding import publishing
from shanzhi.keys import master_key
from shanzhi.settings import Settings
from tests.door import Door, opened
from tests.faults.publishers import Publisher, finish
from tests.faults.wait import wait_until
from tests.readers_door import visitor

MINUTES = float(os.environ.get("SHANZHI_SOAK_MINUTES") or 30)
EVENTS_PER_SECOND = 500  # a million in half an hour, and every cache full within ten minutes
PUBLISHERS = 14  # beside these, some ten events a second each: a gateway's 50,000 identities are full in minutes
READ = ("/wall", "/api/v1/models/funnel", "/api/v1/models/overview?level=community", "/api/v1/models/cases")
READING_SECONDS = 1.0
SAMPLE_SECONDS = 5.0
GROWTH_BYTES = 8 * 1024 * 1024
MEGABYTE = 1024 * 1024

Samples = dict[str, list[int]]


@pytest.mark.timeout(MINUTES * 60 + 1_200)
def test_no_process_grows(tmp_path: Path, say: Callable[[str], None]) -> None:
    samples: Samples = defaultdict(list)
    with ExitStack() as running:
        door = running.enter_context(opened(tmp_path, is_tended=True))
        publishers = [_publisher(door, number) for number in range(PUBLISHERS)]
        reading = running.enter_context(_reading(door))
        key, arrivals = (
            master_key(Settings(folder=tmp_path)),
            paced(endless(1, EVENTS_PER_SECOND, registry=True), EVENTS_PER_SECOND),
        )
        with publishing(door.endpoints, key, arrivals, patient=True) as (feeder, feeding):
            for one in publishers:
                one.start()
            ends = time.monotonic() + MINUTES * 60
            while time.monotonic() < ends:
                time.sleep(SAMPLE_SECONDS)
                assert not feeding.done(), feeding.result()
                for name, bytes_held in _held(tmp_path).items():
                    samples[name].append(bytes_held)
        finish(publishers)
        _folded(door)
        compared = verify(door.endpoints.kafka_bootstrap, door.endpoints.database_url)
    receipts = sum(len(one.given) for one in publishers)
    say(
        f"{MINUTES:g} minutes: {feeder.fed.records} records of a county, {receipts} receipts of {PUBLISHERS} publishers"
    )
    say(f"{reading['asked']} pages and models read, {reading['failed']} of them not answered")
    growth = dict(_told(samples, say))
    assert compared.told() == []
    assert reading["failed"] == 0
    ours = {name: grown for name, grown in growth.items() if name not in ("Kafka", "PostgreSQL")}
    assert {name for name, grown in ours.items() if grown > GROWTH_BYTES} == set()


def _publisher(door: Door, number: int) -> Publisher:
    name = f"steady-{number}"
    key = door.register(name, f"urn:{name}", rate_per_second=1_000)
    return Publisher(door.url, key, name, 1 + number % 3, number)


@contextmanager
def _reading(door: Door) -> Iterator[dict[str, int]]:
    """Somebody of the county reads one page or model after another."""
    counts, ended = {"asked": 0, "failed": 0}, threading.Event()

    def read() -> None:
        with closing(visitor(door, "auditor")) as client:
            while not ended.wait(READING_SECONDS):
                counts["asked"] += 1
                counts["failed"] += not _answers(client, READ[counts["asked"] % len(READ)])

    thread = threading.Thread(target=read)
    thread.start()
    yield counts
    ended.set()
    thread.join()


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).is_success
    except httpx.TransportError:
        return False


def _held(folder: Path) -> dict[str, int]:
    """Bytes that a process has for itself alone, by its name; of PostgreSQL all its processes together."""
    held: dict[str, int] = defaultdict(int)
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            if str(folder) in f"{command} {process.cwd()}" or process.parent() == psutil.Process():
                held[_name(command)] += process.memory_full_info().uss
        except psutil.Error:
            continue  # it has ended meanwhile
    held.pop("", None)
    return held


def _name(command: str) -> str:
    if "kafka.Kafka" in command:
        return "Kafka"
    if "postgres" in command.partition(" ")[0]:
        return "PostgreSQL"
    return command.partition(" -m shanzhi ")[2].partition(" ")[0]


def _folded(door: Door) -> None:
    """Waits until all that was asked for has been told, and is in the tables."""
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection:
        connection.autocommit = True
        seen: list[Any] = []

        def is_still() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("select partition, next from shanzhi.index_position order by 1")
                seen.append(cursor.fetchall())
            time.sleep(3)
            return seen[-1:] == seen[-2:-1]

        wait_until(is_still)


def _told(samples: Samples, say: Callable[[str], None]) -> Iterator[tuple[str, int]]:
    """Each process and by how much it grew from the end of the first third (minute 10 of 30) to the end."""
    say("MiB of a process at its start, after a third, after two thirds, at the end; growth over the last two thirds")
    for name, values in sorted(samples.items()):
        length, width = len(values), max(1, len(values) // 15)
        at = [statistics.median(values[max(0, end - width) : end]) for end in _ends(length, width)]
        grown = round(at[-1] - at[1])
        say(f"{name:12} {' '.join(f'{one / MEGABYTE:7.1f}' for one in at)}   {grown / MEGABYTE:+.1f}")
        yield name, grown


def _ends(length: int, width: int) -> tuple[int, ...]:
    return width, length // 3 + width // 2, length * 2 // 3 + width // 2, length
