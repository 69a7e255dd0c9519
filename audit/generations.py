"""The generations of a database: whose folds they are of, how far they have read, and dropping those of the past."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any

from msgspec import Struct

from audit.comparison import Comparison, Side, compare_tables
from ledger.errors import StoreUnsound
from projections.families import fingerprint
from projections.store.connection import answering, connect
from projections.store.generation import UNDER_CONSTRUCTION, drop_generation, hold_generations

_LIST = """
select name, fingerprint, made_at, name = (select generation from shanzhi.current) is true,
    row_number() over (partition by fingerprint order by length(name) desc, name desc) = 1,
    to_regclass(name || '.position') is not null
from shanzhi.generation order by length(name), name
"""


class Generation(Struct, frozen=True):
    """`state`: current (readers see it), followed (workers of its folds work here), replaced, building or gone.

    `behind` is how many indexed records it has not folded; `bytes` is what it takes on disk.
    """

    name: str
    state: str
    folds: str
    is_of_these_folds: bool
    made_at: datetime
    records: int
    behind: int
    bytes: int


def generations(database_url: str) -> list[Generation]:
    """All of them, the oldest first."""
    with (
        answering(),
        closing(connect(database_url, "shanzhi generations")) as connection,
        connection.cursor() as cursor,
    ):
        return _found(cursor)


def drop(database_url: str, name: str, *, force: bool = False) -> None:
    """Drops one. Raises `StoreUnsound` where readers see it or, unless it is to be forced, where a worker of its folds
    would go on there."""
    _drop(database_url, lambda found: [_named(found, name)], force)


def drop_old(database_url: str) -> list[str]:
    """Drops those that neither readers nor workers have a use for; their names."""
    return _drop(database_url, lambda found: [one for one in found if one.state in ("replaced", "gone")], False)


def compare(database_url: str, left: str, right: str) -> Comparison:
    """Every table of two generations as of one moment. Raises `StoreUnsound` where there is no such generation."""
    free = {"transaction_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    with answering(), closing(connect(database_url, "shanzhi diff", **free)) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection, connection.cursor() as cursor:
            found = _found(cursor)
            for name in (left, right):
                if _named(found, name).state == "gone":
                    raise _missing(name, found)
            return compare_tables(Side(cursor, left), Side(cursor, right))


def _drop(database_url: str, chosen: Any, force: bool) -> list[str]:
    dropped = []
    with answering(), closing(connect(database_url, "shanzhi generations")) as connection:
        with connection, connection.cursor() as cursor:
            names = [one.name for one in chosen(_found(cursor))]
        for name in names:
            with connection, connection.cursor() as cursor:
                hold_generations(cursor)  # nothing is switched
                _check_unused(_named(_found(cursor), name), force)
                drop_generation(cursor, name)
            dropped.append(name)
    return dropped


def _check_unused(one: Generation, force: bool) -> None:
    if one.state == "current":
        raise StoreUnsound(
            f"{one.name} 正被读取 · readers see {one.name}", "先重建并切换 · Rebuild first: shanzhi rebuild"
        )
    if one.state == "building":
        raise StoreUnsound(
            f"{one.name} 正在重建 · {one.name} is under construction",
            "下次重建会清除 · The next shanzhi rebuild drops what a dead one has left.",
        )
    if one.state == "followed" and not force:
        raise StoreUnsound(
            f"折叠版本 {one.folds} 的处理进程写入 {one.name} · workers of folds {one.folds} work in {one.name}",
            "确认那一版不再运行后加 --force · With --force, once no worker of that version runs any more.",
        )


def _found(cursor: Any) -> list[Generation]:
    cursor.execute(_LIST)
    return [_generation(cursor, *row) for row in cursor.fetchall()]


def _generation(
    cursor: Any, name: str, folds: str, made_at: datetime, is_current: bool, is_newest: bool, is_there: bool
) -> Generation:
    records = behind = size = 0
    if is_there:
        cursor.execute(
            f"select coalesce(sum(own.next), 0)::bigint, coalesce(sum(greatest(0, read.next - own.next)), 0)::bigint "
            f"from {name}.position own left join shanzhi.index_position read using (partition)"
        )
        records, behind = cursor.fetchone()
        cursor.execute(
            "select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class "
            "where relnamespace = %s::regnamespace and relkind = 'r'",
            (name,),
        )
        (size,) = cursor.fetchone()
    state = (
        "current" if is_current and is_there
        else "gone" if not is_there
        else "building" if folds.startswith(UNDER_CONSTRUCTION)
        else "followed" if is_newest
        else "replaced"
    )  # fmt: skip
    own = folds.removeprefix(UNDER_CONSTRUCTION)
    return Generation(name, state, own, own == fingerprint(), made_at, int(records), int(behind), int(size))


def _named(found: list[Generation], name: str) -> Generation:
    for one in found:
        if one.name == name:
            return one
    raise _missing(name, found)


def _missing(name: str, found: list[Generation]) -> StoreUnsound:
    there = ", ".join(one.name for one in found) or "none"
    return StoreUnsound(f"没有这一代 · there is no generation {name}", f"shanzhi generation list (there are: {there})")
