"""A stack in a folder of its own, with workers as processes, and what can be seen of them from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import orjson
import psycopg2

from audit.verify import verify
from ledger.topics import ensure_ledger
from processors.continuity import open_ledger
from shanzhi.stack import Endpoints
from shanzhi.stack.child import Child
from tests.faults.nursery import Forked, Nursery
from tests.faults.process import Compared, Options
from tests.faults.servers import Databases, Servers, delete_ledger

ROOT = Path(__file__).parents[2]


class Worker:
    """A worker process on a scene, or another part; its log is JSON, one line an event."""

    def __init__(self, process: Child | Forked, options: Options) -> None:
        self.process, self.options = process, options

    @property
    def log(self) -> Path:
        """What it writes."""
        return self.process.log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.is_running()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal unless it has ended."""
        self.process.send(number)

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
        assert self.process.ends_within(seconds), f"still running after {seconds} s:\n{self.tail()}"
        assert self.process.exit_code is not None
        return self.process.exit_code

    def tail(self) -> str:
        """What it said itself, and the end of its log."""
        own = "\n".join(str(line) for line in _lines(self.log) if str(line.get("logger")).startswith("shanzhi"))
        return f"{own[-6000:]}\n{self.log.read_text(encoding='utf-8', errors='replace')[-2000:]}"


class Scene:
    """The servers, and the workers that were started on them."""

    def __init__(self, stack: Servers, nursery: Nursery | None) -> None:
        self.stack = stack
        self._nursery = nursery
        self.workers: list[Worker] = []
        self.started = 0
        self._databases = Databases(stack.endpoints.database_url)
        self._connection: Any = None
        self._asking = threading.Lock()

    @property
    def endpoints(self) -> Endpoints:
        """Where clients connect."""
        return Endpoints(self.bootstrap, self.url)

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.stack.endpoints.kafka_bootstrap

    @property
    def url(self) -> str:
        """PostgreSQL's, with the present database."""
        return self._databases.url

    def worker(self, part: str = "worker", **options: Any) -> Worker:
        """Starts a worker, or another process of `tests.faults.process`."""
        self.started += 1
        log = self.stack.folder / "logs" / f"{part}-{self.started}.log"
        given = Options(**{"kafka_bootstrap": self.bootstrap, "database_url": self.url, **options})
        self.workers.append(Worker(self._process(part, given, log), given))
        return self.workers[-1]

    def _process(self, part: str, given: Options, log: Path) -> Child | Forked:
        if self._nursery is not None and given.case_version == 1:
            return self._nursery.start(part, given, log)
        return Child(_command(part, given), log, signal.SIGTERM, given=environment(), folder=ROOT)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, committed; on a connection that is kept, and made anew where it was lost."""
        with self._asking:
            was_open = self._connection is not None
            try:
                return self._asked(sql, values)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self._hang_up()
                if not was_open:
                    raise
                return self._asked(sql, values)

    def _asked(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = psycopg2.connect(self.url, connect_timeout=5)
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

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
        digest = "select %s, md5(coalesce(string_agg(one::text, ' ' order by one::text), '')) from {} one"
        names = [name for (name,) in tables]
        return dict(self.query(" union all ".join(digest.format(name) for name in names), *names))

    def ends(self) -> dict[int, int]:
        """Where the ledger ends, by partition."""
        from ledger.reader import Reader

        with Reader(self.bootstrap) as reader:
            return reader.ends

    def compare(self, **options: Any) -> Compared:
        """A fresh fold of the ledger compared with the tables; of changed folds in a process of its own."""
        if not options:
            found = verify(self.bootstrap, self.url)
            return Compared(found.records, found.digests, found.told())
        command = _command("compare", Options(self.bootstrap, self.url, **options))
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        return msgspec.json.decode(done.stdout, type=Compared)

    def tails(self) -> str:
        """What all of them have said."""
        return "\n".join(worker.tail() for worker in self.workers)

    def end_workers(self) -> None:
        """Kills those that a test left."""
        for worker in self.workers:
            worker.send(signal.SIGKILL)
            worker.process.ends_within(5)

    def clear(self) -> None:
        """Starts what was killed, and makes ledger and database anew."""
        self._clear()
        ensure_ledger(self.bootstrap)

    def inject(self, time: datetime) -> None:
        """The same, stamped with a time that stands until `set_time`."""
        self._clear()
        open_ledger(self.bootstrap, self.url, injected_time=time)

    def close(self) -> None:
        """Hangs up."""
        self._hang_up()

    def _clear(self) -> None:
        self.workers.clear()
        self._hang_up()
        self.stack.broker.start()
        self.stack.postgres.start()
        self._databases.anew()
        delete_ledger(self.bootstrap)

    def set_time(self, time: datetime) -> None:
        """The injected time from now on; backwards too, as nobody but a test would."""
        self.query("update shanzhi.injected_time set time = %s", time)


@contextmanager
def locked(scene: Scene, sql: str) -> Iterator[None]:
    """A session holds what a statement locks."""
    with closing(psycopg2.connect(scene.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        yield


def environment() -> dict[str, str]:
    """That of the tests, without servers."""
    return {name: value for name, value in os.environ.items() if name not in ("KAFKA_BOOTSTRAP", "DATABASE_URL")} | {
        "PYTHONPATH": str(ROOT)
    }


def _command(what: str, options: Options) -> list[str]:
    return [sys.executable, "-m", "tests.faults.process", what, msgspec.json.encode(options).decode()]


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_bytes().splitlines():
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # not ours: a trace, or the line that is being written
        if isinstance(found, dict):
            yield found
