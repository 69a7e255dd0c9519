"""Kafka and PostgreSQL together in one folder: one owner, one start, one stop."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from shanzhi.stack.broker import Broker
from shanzhi.stack.errors import StackError
from shanzhi.stack.ports import HOST, free_port, is_free
from shanzhi.stack.postgres import Postgres, database_url
from shanzhi.stack.service import Report, Service, silent


@dataclass(frozen=True)
class Endpoints:
    """Where clients connect; an empty string for a server that was not asked for."""

    kafka_bootstrap: str
    database_url: str


class Stack:
    """A context manager over a folder that holds everything and can be moved or deleted while stopped.

    kafka/        the broker's data and settings
    postgres/     data/ (owned by another user when run as root) and password (0600)
    logs/         kafka.log, postgres.log
    stack.json    ports of this or the last run, pid of the owner, whether clients may connect
    stack.lock    locked by the owner for as long as it lives

    Under root the folder may be passed, not listed, by others: the database's user has to reach postgres/.
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
    ) -> None:
        self.folder = folder.resolve()
        self.report = report
        self._asked = {"kafka_port": kafka_port, "postgres_port": postgres_port}
        self._wanted = {"kafka_port": kafka, "postgres_port": postgres}
        self._lock: TextIO | None = None
        self._broker: Broker | None = None
        self._postgres: Postgres | None = None

    @property
    def broker(self) -> Broker:
        """For fault tests; only while started with Kafka."""
        if self._broker is None:
            raise StackError("the stack runs no Kafka: start it first, without kafka=False")
        return self._broker

    @property
    def postgres(self) -> Postgres:
        """For fault tests; only while started with PostgreSQL."""
        if self._postgres is None:
            raise StackError("the stack runs no PostgreSQL: start it first, without postgres=False")
        return self._postgres

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Endpoints:
        """Starts both at once; when one fails, the other is stopped too and StackError is raised."""
        if self._lock is not None:
            return self.endpoints
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._lock = _take_lock(self.folder)
        try:
            ports = self._choose_ports()
            self._make_services(ports)
            _write_state(self.folder, ports, ready=False)
            self._start_services()
            _write_state(self.folder, ports, ready=True)
        except BaseException:
            self.stop()
            raise
        return self.endpoints

    def stop(self) -> None:
        """Both at once, in less than 10 s; the folder is free for another owner afterwards."""
        if self._lock is None:
            return
        _write_state(self.folder, _read_state(self.folder), ready=False)
        services = self._services()
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda service: service.stop(), services))
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

    def _services(self) -> list[Service]:
        return [service for service in (self._broker, self._postgres) if service is not None]

    def _choose_ports(self) -> dict[str, int]:
        """A given port as it is, else the last run's if still free, else a free one."""
        last, chosen = _read_state(self.folder), dict[str, int]()
        for name in (name for name, wanted in self._wanted.items() if wanted):
            port = self._asked[name] or last.get(name)
            if port is None or (self._asked[name] is None and not is_free(port)):
                port = free_port(set(chosen.values()))
            chosen[name] = port
        return chosen

    def _make_services(self, ports: dict[str, int]) -> None:
        logs = self.folder / "logs"
        if "kafka_port" in ports:
            self._broker = Broker(
                self.folder / "kafka", ports["kafka_port"], log=logs / "kafka.log", report=self.report
            )
        if "postgres_port" in ports:
            self._postgres = Postgres(
                self.folder / "postgres", ports["postgres_port"], log=logs / "postgres.log", report=self.report
            )

    def _start_services(self) -> None:
        """Waits for both; the first failure (or Ctrl-C) makes the other give up."""
