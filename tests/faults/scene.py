"""A stack in a folder of its own, with workers as processes, and what can be seen of them from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import orjson
import psycopg2
from kafka import KafkaAdminClient

from ledger.topics import LEDGER, ensure_ledger
from processors.continuity import open_ledger
from projections.store.now import move
from shanzhi.stack import Endpoints, Stack
from shanzhi.stack.child import Child
from tests.faults.process import Compared, Options

ROOT = Path(__file__).parents[2]


class Worker(Child):
    """A worker process on a scene, or another `part`; its log is JSON, one line an event."""

    def __init__(self, endpoints: Endpoints, log: Path, part: str = "worker", **options: Any) -> None:
        self.options = Options(endpoints.kafka_bootstrap, endpoints.database_url, **options)
        super().__init__(_command(part, self.options), log, signal.SIGTERM, given=_environment(), folder=ROOT)

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log about one thing."""
        return [line for line in _lines(self.log) if line.get("event") == event]

    def asked(self, path: str) -> tuple[int, str]:
        """What its probes answer, for a worker with a `probe_port`: status and text."""
        port = self.said("probes")[-1]["port"]
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def end(self, seconds: float = 10) -> int:
        """SIGTERM, and its exit code."""
        self.send(signal.SIGTERM)
        return self.exits(seconds)

    def exits(self, seconds: float) -> int:
        """Waits for its end; the exit code."""
        assert self.ends_within(seconds), f"still running after {seconds} s:\n{self.tail()}"
        assert self.exit_code is not None
        return self.exit_code

    def tail(self) -> str:
        """What it said itself, and the end of its log."""
        own = "\n".join(str(line) for line in _lines(self.log) if str(line.get("logger")).startswith("shanzhi"))
        return f"{own[-6000:]}\n{self.log.read_text(encoding='utf-8', errors='replace')[-2000:]}"


class Scene:
    """The servers, and the workers that were started on them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.workers: list[Worker] = []
        self.started = 0

    @property
    def endpoints(self) -> Endpoints:
        """Where clients connect."""
        return self.stack.endpoints

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.stack.endpoints.kafka_bootstrap

    @property
    def url(self) -> str:
        """PostgreSQL's."""
        return self.stack.endpoints.database_url

    def worker(self, part: str = "worker", **options: Any) -> Worker:
        """Starts a worker, or another process of `tests.faults.process`."""
        self.started += 1
        log = self.stack.folder / "logs" / f"{part}-{self.started}.log"
        self.workers.append(Worker(self.endpoints, log, part, **options))
        return self.workers[-1]

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, on a connection of its own; committed."""
        connection = psycopg2.connect(self.url, connect_timeout=5)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def positions(self, generation: str | None = None) -> dict[int, int]:
        """Next offset by partition of a generation, of the readers' one by default; empty while there is none."""
        try:
            name = generation or self.query("select generation from shanzhi.current")[0][0]
            return dict(self.query(f"select partition, next from {name}.position"))
        except (psycopg2.Error, IndexError):
            return {}

    def snapshot(self) -> dict[str, str]:
        """A digest of every table that a worker writes, by name."""
        tables = self.query(
            "select relnamespace::regnamespace || '.' || relname from pg_class where relkind = 'r' "
            "and relnamespace::regnamespace::text ~ '^(shanzhi|generation_.*)$' order by 1"
        )
        digest = "select md5(coalesce(string_agg(one::text, ' ' order by one::text), '')) from"
        return {name: self.query(f"{digest} {name} one")[0][0] for (name,) in tables}

    def ends(self) -> dict[int, int]:
        """Where the ledger ends, by partition."""
        from ledger.reader import Reader

        with Reader(self.bootstrap) as reader:
            return reader.ends

    def compare(self, **options: Any) -> Compared:
        """A fresh fold of the ledger compared with the tables, in a process of its own."""
        command = _command("compare", Options(self.bootstrap, self.url, **options))
        done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        return msgspec.json.decode(done.stdout, type=Compared)

    def end_workers(self) -> None:
        """Kills those that a test left."""
        for worker in self.workers:
            worker.send(signal.SIGKILL)
            worker.ends_within(5)

    def clear(self) -> None:
        """Starts what was killed, and makes ledger and database anew."""
        self.workers.clear()
        self.stack.broker.start()
        self.stack.postgres.start()
        for (name,) in self.query("select nspname from pg_namespace where nspname ~ '^(shanzhi|vault|generation_.*)$'"):
            self.query(f"drop schema {name} cascade")
        for (name,) in self.query("select relname from pg_class where relname ~ 'yoyo' and relkind = 'r'"):
            self.query(f'drop table "{name}" cascade')
        make_ledger_anew(self.bootstrap)

    def inject(self, time: datetime) -> None:
        """Ledger and database anew, stamped with a time that stands until `advance`."""
        self.clear()
        delete_ledger(self.bootstrap)
        open_ledger(self.bootstrap, self.url, injected_time=time)

    def advance(self, time: datetime) -> None:
        """Moves the injected time."""
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            assert move(cursor, time)


def make_ledger_anew(bootstrap: str) -> None:
    """Deletes the topic and makes it again: another id, no records."""
    delete_ledger(bootstrap)
    ensure_ledger(bootstrap)


def delete_ledger(bootstrap: str) -> None:
    """With all its records, if there is one."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        if LEDGER in admin.list_topics():
            admin.delete_topics([LEDGER])
            wait_until(lambda: LEDGER not in admin.list_topics(), 20)
    finally:
        admin.close()


def wait_until(true: Callable[[], object], seconds: float, why: Callable[[], object] = lambda: "") -> float:
    """Waits until something holds; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, f"not within {seconds} s: {why()}"
        time.sleep(0.02)
    return time.monotonic() - began


def _command(what: str, options: Options) -> list[str]:
    return [sys.executable, "-m", "tests.faults.process", what, msgspec.json.encode(options).decode()]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("KAFKA_BOOTSTRAP", "DATABASE_URL")} | {
        "PYTHONPATH": str(ROOT)
    }


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_bytes().splitlines():
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # not ours: a trace, or the line that is being written
        if isinstance(found, dict):
            yield found
