"""Connections to PostgreSQL that let go when their worker freezes, and which errors are worth another try."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2.extras import register_default_jsonb

from ledger.errors import OutcomeUnknown, ShanzhiError, StoreUnsound
from ledger.patience import PatientConnection

WORKER = "shanzhi worker"
_SESSION = {
    "timezone": "UTC",
    "standard_conforming_strings": "on",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
    "transaction_timeout": "10s",  # refused by PostgreSQL before 17
}
_MORE_SECONDS = 5.0
_TRANSIENT = ("08", "40", "53", "57")
_TRANSIENT_CODES = ("25P03", "25P04", "55P03")
_OF_THE_RECORD = ("22", "23")
_NEVER_CONNECTS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "no password supplied")

__all__ = [
    "WORKER", "answering", "as_owner", "connect", "end_frozen", "endless", "is_of_the_record", "is_transient",
    "not_prepared", "postgres_away",
]  # fmt: skip


def connect(database_url: str, name: str, **session: str) -> Any:
    """A connection whose transactions can't outlive a frozen owner. `session` overrides settings.

    Raises `OutcomeUnknown` where PostgreSQL is away, `StoreUnsound` where it is too old.
    """
    settings = {**_SESSION, **session}
    options = " ".join(f"-c {key}={value}" for key, value in settings.items())
    try:
        made = psycopg2.connect(
            database_url,
            connection_factory=PatientConnection,
            application_name=name,
            options=options,
            connect_timeout=5,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=15_000,
        )
    except psycopg2.OperationalError as error:
        raise _not_connected(error) from error
    made.patience_seconds = _patience_seconds(settings["transaction_timeout"])
    register_default_jsonb(made, loads=lambda text: text)  # typed decoders read the text themselves
    return made


def _patience_seconds(transaction_timeout: str) -> float:
    """A little more than PostgreSQL allows a transaction: whoever has heard nothing by then never will."""
    seconds = float(transaction_timeout.removesuffix("s"))
    return seconds + _MORE_SECONDS if seconds else math.inf


@contextmanager
def endless(connection: Any) -> Iterator[None]:
    """For what takes as long as there are rows, in a transaction that may."""
    patience_seconds, connection.patience_seconds = connection.patience_seconds, math.inf
    try:
        yield
    finally:
        connection.patience_seconds = patience_seconds


@contextmanager
def answering() -> Iterator[None]:
    """Turns a passing error of PostgreSQL into `OutcomeUnknown`, a row that it refuses into `StoreUnsound`; others are
    raised as they are."""
    try:
        yield
    except psycopg2.Error as error:
        if is_of_the_record(error):
            raise StoreUnsound(
                f"PostgreSQL 拒收一行 · refuses a row ({error.pgcode} {error.diag.message_primary})",
                "现用的表未变；请报告 · The tables in use are what they were. Please report it, with these words.",
            ) from error
        if not is_transient(error):
            raise
        raise postgres_away(error) from error


def end_frozen(database_url: str) -> int:
    """Ends sessions of workers whose transaction has outlived its time, and says how many those were.

    `transaction_timeout` does not reach a session that waits for the next piece of a COPY, and the system of a
    frozen client answers keepalives for it. A worker that lives after all tries again.
    """
    with closing(connect(database_url, "shanzhi worker control")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
            "and pg_has_role(usesysid, 'usage') and application_name = %s and wait_event = 'ClientRead' "
            "and clock_timestamp() - xact_start > current_setting('transaction_timeout')::interval",
            (WORKER,),
        )
        (ended,) = cursor.fetchone()
        return int(ended)


def postgres_away(error: psycopg2.Error) -> OutcomeUnknown:
    """The error for a database that does not answer."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return OutcomeUnknown(
        "PostgreSQL does not answer", "Try again once it is back; DATABASE_URL says where it is.", lines[0]
    )


@contextmanager
def as_owner() -> Iterator[None]:
    """Turns it into `StoreUnsound` where the role may not make what is missing: tables, functions, views, rights."""
    try:
        yield
    except psycopg2.errors.InsufficientPrivilege as error:
        raise not_prepared(str(error.diag.message_primary)) from error


def not_prepared(why: str) -> StoreUnsound:
    """The error for a role that may only write rows, where more is needed."""
    return StoreUnsound(
        f"数据库尚未为本版本准备 · the database was not prepared for this version ({why})",
        "以数据库所有者执行 · Run with the owner's DATABASE_URL: shanzhi prepare",
    )


def _not_connected(error: psycopg2.OperationalError) -> ShanzhiError:
    """A refused connection has no code, so the words decide whether waiting can help."""
    words = str(error).strip()
    if 'parameter "transaction_timeout"' in words:
        return StoreUnsound("PostgreSQL lacks transaction_timeout", "Use PostgreSQL 17 or newer.")
    if any(one in words for one in _NEVER_CONNECTS):
        return StoreUnsound(f"PostgreSQL refuses us ({words.splitlines()[0]})", "Correct DATABASE_URL.")
    return postgres_away(error)


def is_transient(error: psycopg2.Error) -> bool:
    """Whether the same statement may succeed later: lost connections, locks, time-outs, shutdowns."""
    code = error.pgcode
    if code is None:
        return not isinstance(error, psycopg2.ProgrammingError | psycopg2.NotSupportedError)
    return code[:2] in _TRANSIENT or code in _TRANSIENT_CODES


def is_of_the_record(error: psycopg2.Error) -> bool:
    """Whether a record's content is to blame: such a one is found by bisection and quarantined."""
    return error.pgcode is not None and error.pgcode[:2] in _OF_THE_RECORD
