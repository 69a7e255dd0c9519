"""Kafka and PostgreSQL together in one folder: one owner, one start, one stop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

from shanzhi.stack.broker import Broker, broker_address
from shanzhi.stack.errors import StackError
from shanzhi.stack.owner import State, hold, is_held, read_state, write_state
from shanzhi.stack.ports import free_port, is_free
from shanzhi.stack.postgres import Postgres, database_url
from shanzhi.stack.service import Report, Service, silent


@dataclass(frozen=True)
class Endpoints:
    """Where clients connect; an empty string for a server that was not asked for."""

    kafka_bootstrap: str
    database_url: str


class Stack:
    """A context manager over a folder that holds everything and can be moved or deleted while stopped.

    kafka/        the broker's data and settings; tls/ for one that wants logins
    postgres/     data/ (owned by another user when run as root) and password (0600)
    logs/         kafka.log, postgres.log
    stack.json    ports of this or the last run, and what clients may connect to now
    stack.lock    locked by the owner for as long as it lives, with its pid

    Under root the folder and those above it may be passed, not listed, by others: the database's user has to reach
    postgres/. What lies in kafka/ and logs/ is for the owner alone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kafka_port: int | None = None,
        postgres_port: int | None = None,
        report: Report = silent,
        kafka: bool = True,
        postgres: bool = True,
        secure_kafka: bool = False,
    ) -> None:
        self.folder = folder.resolve()
        self.report = report
        self._is_secured = secure_kafka
        self._asked = {"kafka": kafka_port, "postgres": postgres_port}
        self._wanted = {name for name, wanted in (("kafka", kafka), ("postgres", postgres)) if wanted}
        self._lock: TextIO | None = None
        self._broker: Broker | None = None
        self._postgres: Postgres | None = None

    @property
    def broker(self) -> Broker:
        """For fault tests; only while started with Kafka."""
        if self._broker is None:
            raise StackError("the stack runs no Kafka", "Start it first, without kafka=False.")
        return self._broker

    @property
    def postgres(self) -> Postgres:
        """For fault tests; only while started with PostgreSQL."""
        if self._postgres is None:
            raise StackError("the stack runs no PostgreSQL", "Start it first, without postgres=False.")
        return self._postgres

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Endpoints:
        """Starts both at once; when one fails, the other is stopped too and StackError is raised."""
        if self._lock is None:
            self._lock = hold(self.folder)
            try:
                self._start()
            except BaseException:
                self.stop()
                raise
        return self.endpoints

    def stop(self) -> None:
        """Both at once, in less than 10 s; the folder is free for another owner afterwards."""
        if self._lock is None:
            return
        with suppress(OSError):  # a full disk or a deleted folder must not keep the servers running
            write_state(self.folder, State(read_state(self.folder).ports))
        try:
            self._both(Service.stop)
        finally:
            self._broker = self._postgres = None
            self._lock.close()
            self._lock = None

    @property
    def endpoints(self) -> Endpoints:
        """Addresses while started."""
        return Endpoints(
            self._broker.bootstrap if self._broker else "",
            self._postgres.url if self._postgres else "",
        )

    def _start(self) -> None:
        last = read_state(self.folder).ports
        self._make_services()
        self._both(Service.end_orphans)  # before ports are chosen: one may still hold the last run's
        self._choose_ports(last)
        ports = {service.key: service.port for service in self._services()}
        write_state(self.folder, State(last | ports))
        self._start_services()
        write_state(self.folder, State(last | ports, running=tuple(ports)))

    def _make_services(self) -> None:
        logs = self.folder / "logs"
        if "kafka" in self._wanted:
            self._broker = Broker(self.folder / "kafka", 0, log=logs / "kafka.log", report=self.report)
            self._broker.is_secured = self._is_secured
        if "postgres" in self._wanted:
            self._postgres = Postgres(self.folder / "postgres", 0, log=logs / "postgres.log", report=self.report)

    def _both(self, act: Callable[[Service], None]) -> None:
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(act, self._services()))

    def _services(self) -> list[Service]:
        return [service for service in (self._broker, self._postgres) if service is not None]

    def _choose_ports(self, last: dict[str, int]) -> None:
        """A given port as it is, else the last run's if still free, else a free one."""
        avoid = {port for port in (*self._asked.values(), *last.values()) if port}
        for service in self._services():
            port = self._asked[service.key] or last.get(service.key)
            if port is None or (not self._asked[service.key] and not is_free(port)):
                port = free_port(avoid)
            avoid.add(port)
            service.port = port

    def _start_services(self) -> None:
        """Waits for both; the first failure (or Ctrl-C) makes the other give up."""
        services = self._services()
        with ThreadPoolExecutor(max_workers=2) as pool:
            starts = [pool.submit(service.start) for service in services]
            try:
                for start in as_completed(starts):
                    start.result()
            except BaseException:
                for service in services:
                    service.cancel()
                raise


def running_endpoints(folder: Path) -> Endpoints | None:
    """What another process started in the folder, once clients may connect; None when nothing runs."""
    folder = folder.resolve()
    state = read_state(folder)
    if not state.running or not is_held(folder):
        return None
    kafka = broker_address(folder / "kafka", state.ports["kafka"]) if "kafka" in state.running else ""
    database = database_url(folder / "postgres", state.ports["postgres"]) if "postgres" in state.running else ""
    return Endpoints(kafka, database)
