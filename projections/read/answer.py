"""How a question is put to a generation: one read-only transaction, one SQL file, rows decoded by type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct
from psycopg2 import sql

from projections.read.period import Period, QuestionRefused, month_of, parse_period
from projections.rules import Parameters, Preset, default_preset, preset

LIMIT = 200
MOST_ROWS = 10_000


class Row(Struct, frozen=True, kw_only=True):
    """One row of an answer. `titles` names its columns in Chinese, in the order of a table."""

    titles: ClassVar[dict[str, str]] = {}


R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Parameters)
Rule = str | Preset[P] | None
"""A preset by name, one made for a what-if, or None for the default."""


class RuleUsed(Struct, frozen=True):
    """Which version of which rule an answer was computed by."""

    rule: str
    name: str
    version: str
    title: str


class Answer(Struct, Generic[R], frozen=True, kw_only=True):
    """Rows with what they are of. `is_cut`: there are more rows than were asked for."""

    generation: str
    as_of: datetime
    period: Period | None
    rules: tuple[RuleUsed, ...]
    rows: list[R]
    is_cut: bool

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Asked(NamedTuple):
    """What every question has: when, over which days, by which rules, how many rows."""

    as_of: datetime
    period: Period | None
    rules: tuple[Preset[Any], ...]
    limit: int


def asked(
    period: str | Period | None, as_of: datetime | None, limit: int, *rules: Preset[Any], always: bool = True
) -> Asked:
    """Settles what was left open: now, and (`always`) the month that it lies in. Raises `QuestionRefused`."""
    if not 1 <= limit <= MOST_ROWS:
        raise QuestionRefused(f"{limit} rows can't be asked for", f"Ask for 1 to {MOST_ROWS}.")
    if as_of is not None and as_of.tzinfo is None:
        raise QuestionRefused(f"{as_of.isoformat()} has no zone", f"Add it: {as_of.isoformat()}+08:00.")
    time = as_of or datetime.now(UTC)
    days = parse_period(period) if isinstance(period, str) else period
    return Asked(time, days or (month_of(time) if always else None), rules, limit)


def chosen(kind: type[P], rule: Rule[P]) -> Preset[P]:
    """The preset that was named, given or is the default. Raises `RuleRefused`."""
    if isinstance(rule, Preset):
        return rule
    return default_preset(kind) if rule is None else preset(kind, rule)


def ask(connection: Any, generation: str, name: str, kind: type[R], question: Asked, **filters: object) -> Answer[R]:
    """Runs `sql/read/<name>.sql` on a generation's tables, in a transaction that sees one state of them.

    The connection must not be inside a transaction. Rows come as JSON, so that types are checked on the way.
    """
    period = question.period
    arguments: Mapping[str, object] = {
        **filters,
        **{one.rule: one.parameters_json for one in question.rules},
        "as_of": question.as_of,
        "rows": question.limit + 1,
        "first": period and period.first,
        "last": period and period.last,
        "last_month": period and period.last_month,
        "starts": period and period.starts,
        "ends": period and period.ends,
    }
    with connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        cursor.execute(sql.SQL("set local search_path = {}").format(sql.Identifier(generation)))
        cursor.execute(f"select to_json(answer)::text from (\n{_statement(name)}) answer", arguments)
        rows = [msgspec.json.decode(text, type=kind) for (text,) in cursor]
    return Answer(
        generation=generation,
        as_of=question.as_of,
        period=period,
        rules=tuple(RuleUsed(one.rule, one.name, one.version, one.title) for one in question.rules),
        rows=rows[: question.limit],
        is_cut=len(rows) > question.limit,
    )


@cache
def _statement(name: str) -> str:
    return (files("projections.sql") / "read" / f"{name}.sql").read_text(encoding="utf-8")
