"""The ledger as of a moment, folded into a schema of its own: every read model can be asked there.

By event time: what had happened before the moment, whenever it was told. By recorded time: what was in the ledger
before it, in each partition up to the first later stamp. A schema whose maker ended before it was done is dropped by
whoever makes the next one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from audit.folding import Keep, fold_into
from ledger.reader import Reader
from projections.families import fingerprint
from projections.read import QuestionRefused
from projections.rules.install import install_functions
from projections.store.connection import answering, connect
from projections.store.generation import create_tables
from projections.store.now import now_of

By = Literal["event", "recorded"]
Report = Callable[[int, int], None]
PREFIX = "as_of_"
SCHEMAS = 20
"""So many may stand at once: each is as large as a generation."""

_is_name = re.compile(r"as_of_[a-z0-9_]{1,50}\Z", re.ASCII).match
_MADE = (
    "create table {schema}.as_of_made (time timestamptz not null, told_by text not null, fingerprint text not null, "
    "records bigint not null, unread bigint not null, made_at timestamptz not null default clock_timestamp())"
)


class AsOf(Struct, frozen=True, kw_only=True):
    """A schema that stands for a moment. `is_current` where these folds made it.

    `unread` records stood in the ledger that no worker had read: what they tell is missing.
    """

    schema: str
    time: datetime
    told_by: str
    records: int
    unread: int
    made_at: datetime
    is_current: bool


def fold_as_of(
    database_url: str,
    kafka_bootstrap: str,
    time: datetime | None,
    *,
    is_recorded: bool,
    schema: str | None = None,
    processes: int = 2,
    report: Report = lambda done, total: None,
) -> AsOf:
    """Folds into a new schema what happened (or was recorded) before a time; None is now, with all that is indexed.

    Raises `QuestionRefused` for a schema of another name than as_of_…, for one that stands, and where too many do.
    """
    with answering(), closing(_session(database_url)) as connection, connection.cursor() as cursor:
        moment = time or now_of(cursor)
        told_by: By = "recorded" if is_recorded else "event"
        bound = {"recorded_before" if is_recorded else "event_time_before": time}
        cursor.execute("select partition, next from shanzhi.index_position")
        until = dict(cursor.fetchall())
        with Reader(kafka_bootstrap) as reader:
            unread = sum(max(0, reader.ends[number] - until[number]) for number in until)
        name = schema or f"{PREFIX}{moment.strftime('%Y%m%dt%H%M%S')}_{told_by}_{secrets.token_hex(2)}"
        with _made(cursor, name) as finish:
            folded = fold_into(
                database_url, kafka_bootstrap, name, until, keep=Keep(**bound), processes=processes, report=report
            )
            finish(moment, told_by, folded.records, unread)
        return _standing_as(cursor, name)


@contextmanager
def folded_to(
    database_url: str, kafka_bootstrap: str, cut: Mapping[int, int], report: Report = lambda done, total: None
) -> Iterator[str]:
    """A schema of the ledger up to a cut, gone afterwards."""
    name = f"{PREFIX}cut_{secrets.token_hex(4)}"
    with (
        answering(),
        closing(_session(database_url)) as connection,
        connection.cursor() as cursor,
        _made(cursor, name),  # never finished: should we be killed, the next one drops it
    ):
        fold_into(database_url, kafka_bootstrap, name, cut, report=report)
        cursor.execute("begin")
        cursor.execute(f"set local search_path = {name}")
        install_functions(cursor)
        cursor.execute("commit")
        yield name
        cursor.execute(f"drop schema {name} cascade")


def standing(database_url: str) -> list[AsOf]:
    """All schemas that stand, by name."""
    with answering(), closing(_session(database_url)) as connection, connection.cursor() as cursor:
        return [_standing_as(cursor, name) for name in _names(cursor) if _is_done(cursor, name)]


def named(database_url: str, schema: str) -> AsOf:
    """A schema that stands. Raises `QuestionRefused` where none does, or other folds made it."""
    with answering(), closing(_session(database_url)) as connection, connection.cursor() as cursor:
        _check_stands(cursor, schema)
        found = _standing_as(cursor, schema)
    if not found.is_current:
        raise QuestionRefused(
            f"{schema} 由另一版本折叠 · was folded by other folds",
            f"删除后重新折叠 · Drop it and fold anew: shanzhi as-of --drop {schema}",
        )
    return found


def drop(database_url: str, schema: str) -> None:
    """Drops a schema. Raises `QuestionRefused` where none of that name stands."""
    with answering(), closing(_session(database_url)) as connection, connection.cursor() as cursor:
        _check_stands(cursor, schema)
        cursor.execute(f"drop schema {schema} cascade")


def _session(database_url: str) -> Any:
    connection = connect(database_url, "shanzhi as-of", transaction_timeout="0")
    connection.autocommit = True
    return connection


@contextmanager
def _made(cursor: Any, schema: str) -> Iterator[Callable[[datetime, By, int, int], None]]:
    """An empty schema to fold into, ours until it is finished; dropped where that fails."""
    _check_name(schema)
    _drop_unfinished(cursor)
    cursor.execute("select pg_advisory_lock(hashtext(%s))", (schema,))
    try:
        _check_room(cursor, schema)
        cursor.execute("begin")
        create_tables(cursor, schema)
        cursor.execute(_MADE.format(schema=schema))
        cursor.execute("commit")
        try:
            yield lambda time, told_by, records, unread: _finish(cursor, schema, time, told_by, records, unread)
        except BaseException:
            cursor.execute(f"rollback; drop schema if exists {schema} cascade")
            raise
    finally:
        cursor.execute("select pg_advisory_unlock(hashtext(%s))", (schema,))


def _finish(cursor: Any, schema: str, time: datetime, told_by: By, records: int, unread: int) -> None:
    """Makes it a moment that can be asked."""
    cursor.execute("begin")
    cursor.execute(f"set local search_path = {schema}")
    install_functions(cursor)
    cursor.execute(
        "insert into as_of_made (time, told_by, fingerprint, records, unread) values (%s, %s, %s, %s, %s)",
        (time, told_by, fingerprint(), records, unread),
    )
    cursor.execute("commit")


def _check_room(cursor: Any, schema: str) -> None:
    names = _names(cursor)
    if schema in names:
        raise QuestionRefused(
            f"--schema：{schema} 已存在 · stands already",
            f"换个名字，或先删除 · Drop it: shanzhi as-of --drop {schema}",
        )
    if len(names) >= SCHEMAS:
        raise QuestionRefused(
            f"已有 {len(names)} 个历史时点的数据 · so many schemas stand",
            "先删除不用的 · Drop some: shanzhi as-of --list, shanzhi as-of --drop NAME",
        )


def _drop_unfinished(cursor: Any) -> None:
    """Schemas whose maker is gone and never finished."""
    for name in _names(cursor):
        if _is_done(cursor, name):
            continue
        cursor.execute("select pg_try_advisory_lock(hashtext(%s))", (name,))
        (is_ours,) = cursor.fetchone()
        if is_ours:
            if not _is_done(cursor, name):  # its maker may have finished it since
                cursor.execute(f"drop schema if exists {name} cascade")
            cursor.execute("select pg_advisory_unlock(hashtext(%s))", (name,))


def _names(cursor: Any) -> list[str]:
    cursor.execute(
        "select nspname::text from pg_namespace where starts_with(nspname::text, %s) "
        "and has_schema_privilege(oid, 'usage') order by 1",
        (PREFIX,),
    )
    return [name for (name,) in cursor.fetchall() if _is_name(name)]


def _is_done(cursor: Any, schema: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (f"{schema}.as_of_made",))
    if not cursor.fetchone()[0]:
        return False
    cursor.execute(f"select exists (select from {schema}.as_of_made)")
    return bool(cursor.fetchone()[0])


def _standing_as(cursor: Any, schema: str) -> AsOf:
    cursor.execute(f"select time, told_by, fingerprint, records, unread, made_at from {schema}.as_of_made")
    time, told_by, folded_by, records, unread, made_at = cursor.fetchone()
    return AsOf(
        schema=schema, time=time, told_by=told_by, records=records, unread=unread, made_at=made_at,
        is_current=folded_by == fingerprint(),
    )  # fmt: skip


def _check_name(schema: str) -> None:
    if not _is_name(schema):
        raise QuestionRefused(
            f"--schema：“{schema[:60]}”不是历史时点的名字 · is no name of a moment",
            "以 as_of_ 开头，小写字母、数字、下划线 · Write as_of_ and small letters, digits, underlines.",
        )


def _check_stands(cursor: Any, schema: str) -> None:
    _check_name(schema)
    if schema not in _names(cursor) or not _is_done(cursor, schema):
        raise QuestionRefused(
            f"没有 {schema} · no such schema stands", "看现有的 · See which do: shanzhi as-of --list"
        )
