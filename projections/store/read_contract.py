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

import structlog

from projections.rules.kept import keep_versions
from projections.store.read_templates import answers

ROLE = "shanzhi_reader"
_PATIENCE = "2s"  # for who holds a view that is given a column; others who read it wait behind us
_ATTEMPT = "do $make$ begin {}; exception when lock_not_available then null; end $make$;"
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
_UNGRANTED = """
select exists (
    select from pg_roles where rolname = %(role)s and not (
        has_schema_privilege(rolname, 'read_v1', 'usage')
        and has_function_privilege(rolname, 'shanzhi.read_v1(text)', 'execute')
        and not exists (
            select from pg_class view
            where relnamespace = 'read_v1'::regnamespace and relkind = 'v'
              and not has_table_privilege(rolname, view.oid, 'select'))))
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
    """Lets a generation answer for the contract, and makes what is missing of the views. Call it last in a transaction;
    the generation is then alone in search_path."""
    cursor.execute(f"set local search_path = {generation}")
    _install_answers(cursor, generation)
    keep_versions(cursor, generation)
    _publish(cursor, views_of(cursor, generation))
    _grant(cursor)


def views_of(cursor: Any, generation: str) -> list[View]:
    """The views that a generation answers for, in order of name."""
    cursor.execute(_ANSWERS, (generation,))
    return [View(*row) for row in cursor.fetchall()]


def _install_answers(cursor: Any, generation: str) -> None:
    """Puts the functions that answer into the generation, where they are not these."""
    text, mark = answers(cursor)
    cursor.execute("select to_regprocedure('contract_mark()') is not null")
    if cursor.fetchone()[0]:
        cursor.execute("select contract_mark()")
        if cursor.fetchone()[0] == mark:
            return
    cursor.execute(
        "select oid::regprocedure::text from pg_proc "
        "where pronamespace = %s::regnamespace and proname ~ '^(read_v1|contract)_'",
        (generation,),
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"drop function {function}")
    cursor.execute(f"set local search_path = {generation}, pg_temp")  # what a reader makes for a session hides no table
    cursor.execute(text)
    cursor.execute(f"create function contract_mark() returns text language sql immutable return '{mark}'")
    cursor.execute(f"set local search_path = {generation}")


def _present(cursor: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """The views that there are, with their titles as `View.titles` has them."""
    cursor.execute(_VIEWS)
    for name, columns, title, titles in cursor.fetchall():
        yield name, {"": title, **dict(zip(columns, titles, strict=True))}


def _publish(cursor: Any, views: list[View]) -> None:
    """Makes views, adds columns, sets titles. What a newer program has added stays. A view that somebody reads for long
    stays as it is until the next worker starts."""
    present = dict(_present(cursor))
    lacking = [view for view in views if not view.titles.keys() <= present.get(view.name, {}).keys()]
    if lacking:
        attempts = "".join(_ATTEMPT.format(view.create()) for view in lacking)
        cursor.execute(f"set local lock_timeout = '{_PATIENCE}'; {attempts} set local lock_timeout to default")
        present = dict(_present(cursor))
    for view in views:
        told = present.get(view.name, {})
        if not view.titles.keys() <= told.keys():
            log.warning("view_not_extended", view=view.name)
        elif not view.titles.items() <= told.items():
            cursor.execute("; ".join(view.comments()))


def _grant(cursor: Any) -> None:
    """Where nobody could make the role, an administrator may have done it since."""
    cursor.execute(_UNGRANTED, {"role": ROLE})
    if cursor.fetchone()[0]:
        cursor.execute(
            f"grant usage on schema read_v1 to {ROLE}; grant select on all tables in schema read_v1 to {ROLE}; "
            f"grant execute on function shanzhi.read_v1 to {ROLE}"
        )
