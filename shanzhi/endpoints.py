"""Which Kafka and which PostgreSQL: given ones first, else embedded ones that run or are started here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from processors.continuity import open_ledger
from shanzhi.errors import NotRunning
from shanzhi.keys import master_key
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints, Stack, running_endpoints

Report = Callable[[str], None]


def find(settings: Settings, *, kafka: bool = True, postgres: bool = True) -> Endpoints:
    """What is given, or runs in the folder by another process; an empty string for what isn't asked for.

    Raises `NotRunning` where there is nothing, `StackError` where the folder can't be read.
    """
    bootstrap = settings.kafka_bootstrap or "" if kafka else ""
    database = settings.given_database or "" if postgres else ""
    if (bootstrap or not kafka) and (database or not postgres):
        return Endpoints(bootstrap, database)
    running = running_endpoints(settings.folder) or Endpoints("", "")
    bootstrap = bootstrap or running.kafka_bootstrap
    database = database or running.database_url
    if kafka and not bootstrap:
        raise _nothing_runs("Kafka", "KAFKA_BOOTSTRAP", settings)
    if postgres and not database:
        raise _nothing_runs("PostgreSQL", "DATABASE_URL", settings)
    return Endpoints(bootstrap if kafka else "", database if postgres else "")


@contextmanager
def serve(settings: Settings, report: Report) -> Iterator[tuple[Endpoints, Stack | None]]:
    """Both servers, and the stack if one was needed: what was not given is started in the folder.

    Raises `StackError` where one can't be started, or the folder is in use.
    """
    given = Endpoints(settings.kafka_bootstrap or "", settings.given_database or "")
    if given.kafka_bootstrap and given.database_url:
        yield given, None
        return
    if not given.database_url:
        master_key(settings)  # before the database exists: afterwards a missing key is a lost one
    stack = Stack(
        settings.folder,
        kafka_port=settings.kafka_port,
        postgres_port=settings.postgres_port,
        report=report,
        kafka=not given.kafka_bootstrap,
        postgres=not given.database_url,
        secure_kafka=settings.secure_kafka,
    )
    started = stack.start()
    try:
        bootstrap = given.kafka_bootstrap or started.kafka_bootstrap
        yield Endpoints(bootstrap, given.database_url or started.database_url), stack
    finally:
        stack.stop()


def prepare(endpoints: Endpoints, replication: int, injected_time: datetime | None = None) -> None:
    """Migrates the database and makes or checks the ledger's topic, as a worker does; a new one may stand in the past.

    Raises `OutcomeUnknown` where a server is away, `LedgerUnsound` or `StoreUnsound` where it will not do.
    """
    open_ledger(endpoints.kafka_bootstrap, endpoints.database_url, replication, injected_time)


def _nothing_runs(name: str, variable: str, settings: Settings) -> NotRunning:
    return NotRunning(
        f"没有正在运行的 {name} · no {name} runs in {settings.folder.resolve()}",
        f"先运行 shanzhi up · start it: shanzhi up (or set {variable}, or SHANZHI_FOLDER).",
    )
