"""How a question is put to a generation: one read-only transaction, one SQL file, rows decoded by type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Struct
from psycopg2 import sql

from projections.read.period import Period, QuestionRefused, month_of, parse_period
from projections.rules import Parameters, Preset, in_force, preset

LIMIT = 200
MOST_ROWS = 10_000
_PLAIN: Mapping[int, Callable[[Any], Any]] = {114: msgspec.json.decode, 3802: msgspec.json.decode, 1700: float}
"""What a value of json, jsonb and numeric is made into, by PostgreSQL's numbers for types."""


class Row(Struct, frozen=True, kw_only=True):
    """One row of an answer. `titles` names its columns in Chinese, in the order of a table."""

    titles: ClassVar[dict[str, str]] = {}


R = TypeVar("R", bound=Row)
P = TypeVar("P", bound=Parameters)
Rule = str | Preset[P] | None
"""A preset by name, one made for a what-if, or None for the version in force when the period began."""


class RuleUsed(Struct, frozen=True):
    """Which version of which rule an answer was computed by."""

    rule: str
    name: str
    version: str
    title: str


class Freshness(Struct, frozen=True, kw_only=True):
    """How fresh the tables are: the newest event's time, and how many publishers broke their declared rhythm 漏报."""

    newest_time: datetime | None
    missed_publishers: int


class Answer(Struct, Generic[R], frozen=True, kw_only=True):
    """Rows with what they are of. `is_cut`: there are more rows than were asked for. Boards say how fresh they are."""

    generation: str
    as_of: datetime
    period: Period | None
    rules: tuple[RuleUsed, ...]
    rows: list[R]
    is_cut: bool
    freshness: Freshness | None = None

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Inside(NamedTuple):
    """In place of a connection: what is asked is answered within this cursor's transaction, which stays open."""

    cursor: Any


class Asked(NamedTuple):
    """What every question has: when, over which days, by which rules, how many rows."""

    as_of: datetime
    period: Period | None
    rules: tuple[Preset[Any], ...]
    limit: int
    by_date: tuple[type[Parameters], ...] = ()


def asked(
    period: str | Period | None,
    as_of: datetime | None,
    limit: int,
    *rules: Preset[Any] | type[Parameters],
    always: bool = True,
) -> Asked:
    """Settles what was left open: now, and (`always`) the month that it lies in. Raises `QuestionRefused`.

    Of a rule without a preset the version in force is taken once there is a transaction (`settled`).
    """
    if not 1 <= limit <= MOST_ROWS:
        raise QuestionRefused(f"{limit} rows can't be asked for", f"Ask for 1 to {MOST_ROWS}.")
    if as_of is not None and as_of.tzinfo is None:
        raise QuestionRefused(f"{as_of.isoformat()} has no zone", f"Add it: {as_of.isoformat()}+08:00.")
    time = as_of or datetime.now(UTC)
    days = parse_period(period) if isinstance(period, str) else period
    given = tuple(one for one in rules if isinstance(one, Preset))
    by_date = tuple(one for one in rules if not isinstance(one, Preset))
    return Asked(time, days or (month_of(time) if always else None), given, limit, by_date)


def chosen(kind: type[P], rule: Rule[P]) -> Preset[P] | type[P]:
    """The preset that was named or given, or the rule itself where its date decides. Raises `RuleRefused`."""
    if isinstance(rule, Preset):
        return rule
    return kind if rule is None else preset(kind, rule)


def settled(cursor: Any, generation: str, question: Asked) -> Asked:
    """The question with the version of each rule that was in force when its period began (now, without a period)."""
    at = question.period.starts if question.period else question.as_of
    found = tuple(in_force(cursor, generation, kind, at) for kind in question.by_date)
    return question._replace(rules=(*question.rules, *found), by_date=())


def ask(connection: Any, generation: str, name: str, kind: type[R], question: Asked, **filters: object) -> Answer[R]:
    """Runs `sql/read/<name>.sql` on a generation's tables, in a transaction that sees one state of them.

    The connection must not be inside a transaction (but see `Inside`). Rows come as JSON, so that types are checked
    on the way.
    """
    with reading(connection, generation) as cursor:
        question = settled(cursor, generation, question)
        statement = f"select to_json(answer)::text from (\n{_statement(name)}) answer"
        cursor.execute(statement, arguments_of(question, **filters))
        rows = [msgspec.json.decode(text, type=kind) for (text,) in cursor]
    return answer_of(generation, question, rows)


@contextmanager
def reading(connection: Any, generation: str) -> Iterator[Any]:
    """A cursor on a generation's tables, in a transaction that sees one state of them and changes nothing."""
    search_path = sql.SQL("set local search_path = {}").format(sql.Identifier(generation))
    if isinstance(connection, Inside):
        connection.cursor.execute(search_path)
        yield connection.cursor
        return
    with connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        cursor.execute(search_path)
        yield cursor


def arguments_of(question: Asked, **filters: object) -> Mapping[str, object]:
    """What every statement may refer to by name. `rows` is one more than asked for: so it shows that there are more."""
    period = question.period
    return {
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


def plain_rows(cursor: Any) -> Iterator[dict[str, Any]]:
    """The rows of an executed statement by column: numbers as floats, JSON decoded."""
    columns = [(column.name, _PLAIN.get(column.type_code)) for column in cursor.description]
    for row in cursor:
        yield {
            name: plain(value) if plain and value is not None else value
            for (name, plain), value in zip(columns, row, strict=True)
        }


def freshness(cursor: Any, as_of: datetime) -> Freshness:
    """How fresh the generation is that the cursor reads."""
    cursor.execute("select newest_time, missed_publishers from freshness(%s)", (as_of,))
    newest_time, missed = cursor.fetchone()
    return Freshness(newest_time=newest_time, missed_publishers=missed)


def answer_of(generation: str, question: Asked, rows: list[R], fresh: Freshness | None = None) -> Answer[R]:
    """The rows, at most as many as were asked for, with what they are of."""
    return Answer(
        generation=generation,
        as_of=question.as_of,
        period=question.period,
        rules=tuple(RuleUsed(one.rule, one.name, one.version, one.title) for one in question.rules),
        rows=rows[: question.limit],
        is_cut=len(rows) > question.limit,
        freshness=fresh,
    )


@cache
def _statement(name: str) -> str:
    return (files("projections.sql") / "read" / f"{name}.sql").read_text(encoding="utf-8")
