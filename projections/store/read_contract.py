"""The SQL contract: what the views of `read_v1` say, and the views themselves.

What a view says is a function of a generation, `read_v1_<view>()`, one file of `sql/read_v1` each, so that it goes with
the tables that it reads. The view asks whichever generation readers see (`0012_read_v1.sql`): when they are switched
nothing has to be moved, and nobody who reads is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg2
import structlog

from projections.rules.kept import keep_versions
from projections.store.read_templates import answers

ROLE = "shanzhi_reader"
_PATIENCE = "2s"  # for who holds a view that is given a column; others who read it wait behind us
_LOCKED = "55P03"
_ANSWERS = """
select substr(told.proname, 9), obj_description(told.oid, 'pg_proc'),
    array_agg(argument.name order by argument.number),
    array_agg(format_type(argument.type, null) order by argument.number)
from pg_proc told
cross join lateral unnest(told.proargnames, told.proallargtypes, told.proargmodes)
    with ordinality argument (name, type, mode, number)
where told.pronamespace = %s::regnamespace and starts_with(told.proname, 'read_v1_') and argument.mode = 't'
group by told.oid, told.proname order by 1
"""
_VIEWS = """
select relname::text, array_agg(attname::text order by attnum), coalesce(obj_description(oid, 'pg_class'), ''),
    array_agg(coalesce(col_description(oid, attnum), '') order by attnum)
from pg_class join pg_attribute on attrelid = oid and attnum > 0
where relnamespace = 'read_v1'::regnamespace and relkind = 'v' group by oid, relname
"""
log = structlog.get_logger("shanzhi.store")


@dataclass(frozen=True)
class View:
    """A view of the contract. `comment`: its title, then a line for each column, name and title."""

    name: str
    comment: str
    columns: list[str]
    types: list[str]

    @cached_property
    def titles(self) -> dict[str, str]:
        """Every column's title, the view's own under the empty name. Raises `ValueError` where one is missing."""
        title, *lines = self.comment.splitlines()
        titles = dict(line.split(" ", 1) for line in lines)
        if list(titles) != self.columns:
            raise ValueError(f"{self.name}: columns are {self.columns}, the comment tells of {list(titles)}")
        return {"": title, **titles}

    def create(self) -> str:
        """The view as SQL."""
        columns = ", ".join(f"{name} {type_}" for name, type_ in zip(self.columns, self.types, strict=True))
        return (
            f"create or replace view read_v1.{self.name} as "
            f"select told.* from shanzhi.read_v1('{self.name}') told ({columns})"
        )

    def comments(self) -> Iterator[str]:
        """The titles as SQL."""
        for column, title in self.titles.items():
            what = f"column read_v1.{self.name}.{column}" if column else f"view read_v1.{self.name}"
            yield f"comment on {what} is '{title.replace(chr(39), chr(39) * 2)}'"


def install_contract(cursor: Any, generation: str) -> None:
    """Lets a generation answer for the contract, and makes what is missing of the views.

    Call it as `install_functions`, after it and last in its transaction.
    """
    _install_answers(cursor)
    keep_versions(cursor, generation)
    present = dict(_present(cursor))
    for view in views_of(cursor, generation):
        _bring_up_to_date(cursor, view, present.get(view.name, {}))
    _grant(cursor)


def views_of(cursor: Any, generation: str) -> list[View]:
    """The views that a generation answers for, in order of name."""
    cursor.execute(_ANSWERS, (generation,))
    return [View(*row) for row in cursor.fetchall()]


def _install_answers(cursor: Any) -> None:
    """Puts the functions that answer into the schema that is first in search_path, where they are not these."""
    text, mark = answers(cursor)
    cursor.execute("select current_schema()::text, to_regprocedure('contract_mark()') is not null")
    schema, is_marked = cursor.fetchone()
    if is_marked:
        cursor.execute("select contract_mark()")
        if cursor.fetchone()[0] == mark:
            return
    cursor.execute(
        "select oid::regprocedure::text from pg_proc "
        "where pronamespace = %s::regnamespace and proname ~ '^(read_v1|contract)_'",
        (schema,),
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"drop function {function}")
    cursor.execute(f"set local search_path = {schema}, pg_temp")  # what a reader makes for a session hides no table
    cursor.execute(text)
    cursor.execute(f"create function contract_mark() returns text language sql immutable return '{mark}'")
    cursor.execute(f"set local search_path = {schema}")


def _present(cursor: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """The views that there are, with their titles as `View.titles` has them."""
    cursor.execute(_VIEWS)
    for name, columns, title, titles in cursor.fetchall():
        yield name, {"": title, **dict(zip(columns, titles, strict=True))}


def _bring_up_to_date(cursor: Any, view: View, present: dict[str, str]) -> None:
    """Adds columns and sets titles. A column that a newer program has added stays."""
    if present.items() >= view.titles.items():
        return
    if not present.keys() >= view.titles.keys() and not _made(cursor, view):
        return
    cursor.execute("; ".join(view.comments()))


def _made(cursor: Any, view: View) -> bool:
    """False where somebody reads the view for long: then it stays as it is until the next worker starts."""
    cursor.execute(f"savepoint contract; set local lock_timeout = '{_PATIENCE}'")
    try:
        cursor.execute(view.create())
    except psycopg2.Error as error:
        if error.pgcode != _LOCKED:
            raise
        cursor.execute("rollback to contract")
        log.warning("view_not_extended", view=view.name)
        return False
    cursor.execute("release contract; set local lock_timeout to default")
    return True


def _grant(cursor: Any) -> None:
    """Where nobody could make the role, an administrator may have done it since."""
    cursor.execute("select exists (select from pg_roles where rolname = %s)", (ROLE,))
    if cursor.fetchone()[0]:
        cursor.execute(
            f"grant usage on schema read_v1 to {ROLE}; grant select on all tables in schema read_v1 to {ROLE}; "
            f"grant execute on function shanzhi.read_v1 to {ROLE}"
        )
