"""Books: a family's entities as a list, newest first, as their states tell them and what is computed from these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast

from msgspec import defstruct
from psycopg2 import sql

from projections.families import FAMILIES
from projections.read.answer import LIMIT, Answer, Row, answer_of, arguments_of, asked, plain_rows, reading
from projections.read.declared import Book
from projections.read.models import of_kind
from projections.read.period import Period, QuestionRefused
from projections.store.columns import entity_table

_PARTIES = {"place": "places", "unit": "units", "person": "persons"}
_NAMED = ("place", "unit")


def book_options(book: Book) -> tuple[str, ...]:
    """The options of `book` that this one takes."""
    parties = [party for party, fields in _PARTIES.items() if getattr(book, fields)]
    return (*parties, "period", "subject", "as_of", "limit")


def book(
    connection: Any,
    generation: str,
    name: str | Book,
    *,
    place: str | None = None,
    unit: str | None = None,
    person: str | None = None,
    period: str | Period | None = None,
    subject: str | None = None,
    as_of: datetime | None = None,
    limit: int = LIMIT,
) -> Answer[Any]:
    """The entities of a book, newest first, of all times or of a period, at the place or below it.

    Sealed texts are no columns of books. `unknown` are the references that are not in the registry.
    Raises `QuestionRefused`.
    """
    model = of_kind(Book, name)
    parties = {"place": place, "unit": unit, "person": person}
    filters = [party for party, wanted in parties.items() if wanted is not None]
    for party in filters:
        if party not in book_options(model):
            raise QuestionRefused(f"{model.name} takes no {party}", f"It takes {', '.join(book_options(model))}.")
    question = asked(period, as_of, limit, always=False)
    told = statement(model, filters, has_period=period is not None, has_subject=subject is not None)
    kind = book_row(model)
    with reading(connection, generation) as cursor:
        cursor.execute(told, arguments_of(question, **parties, subject=subject))
        rows = [kind(**row) for row in plain_rows(cursor)]
    return answer_of(generation, question, rows)


@cache
def book_row(book: Book) -> type[Row]:
    """The type of a book's rows: its columns, the names of the places and units among them, and what is unknown."""
    named = _named(book)
    titles = {"subject": "编号"}
    for column, title in book.titles.items():
        titles[f"{column}_name" if column in named else column] = title
    titles["unknown"] = "未登记"
    fields = [(name, Any) for name in dict.fromkeys(("subject", *book.titles, *titles))]
    made = defstruct(
        f"{book.name.title().replace('-', '')}Row", fields, bases=(Row,), namespace={"titles": titles},
        frozen=True, kw_only=True,
    )  # fmt: skip
    return cast(type[Row], made)


def statement(book: Book, filters: list[str], *, has_period: bool, has_subject: bool) -> sql.Composed:
    """The rows of a book, filtered by these parties; what is no constant is an argument."""
    conditions = [sql.SQL("({})").format(sql.SQL(book.only)), *(_inside(book, party) for party in filters)]
    at = _expression(book, book.at)
    if has_period:
        conditions.append(sql.SQL("{0} >= %(starts)s and {0} < %(ends)s").format(at))
    if has_subject:
        conditions.append(sql.SQL("entity.subject = %(subject)s"))
    columns = [
        sql.SQL("{} as {}").format(_expression(book, column), sql.Identifier(column)) for column in book.titles
    ]
    return sql.SQL(
        "with chosen as (\n  select entity.subject, {at} as chosen_by\n  from {table} entity\n  where {conditions}\n"
        "  order by {at} desc nulls first, entity.subject\n  limit %(rows)s\n)\n"
        "select {columns}{names}, {unknown} as unknown\n"
        "from chosen join {table} entity on entity.subject = chosen.subject{joined}\n"
        "order by chosen.chosen_by desc nulls first, entity.subject"
    ).format(
        at=at,
        table=sql.Identifier(FAMILIES[book.family].table),
        conditions=sql.SQL(" and ").join(conditions),
        columns=sql.SQL(", ").join([sql.SQL("entity.subject"), *(one for one in columns)]),
        names=sql.SQL("").join(_names(book)),
        unknown=_unknown(book),
        joined=sql.SQL("").join(_joined(book)),
    )  # fmt: skip


def _expression(book: Book, column: str) -> sql.Composable:
    if column in book.computed:
        return sql.SQL("({})").format(sql.SQL(book.computed[column]))
    return sql.SQL("entity.{}").format(sql.Identifier(column))


@cache
def _lists(family: str) -> frozenset[str]:
    return frozenset(column.name for column in entity_table(family).columns if column.sql == "jsonb")


def _inside(book: Book, party: str) -> sql.Composable:
    """Whether any of the fields is, or holds, what was asked for."""
    wanted = "in (select below.place from place_subtree(%(place)s) below)" if party == "place" else f"= %({party})s"
    looked = []
    for field in getattr(book, _PARTIES[party]):
        if field in _lists(book.family):
            text = "exists (select from jsonb_path_query({}, 'strict $.**') one where one #>> '{{}}' {})"
        else:
            text = "{} {}"
        looked.append(sql.SQL(text).format(_expression(book, field), sql.SQL(wanted)))
    return sql.SQL("({})").format(sql.SQL(" or ").join(looked))


def _named(book: Book) -> Mapping[str, str]:
    """The columns that are one place or one unit, with which of them."""
    shown = {*book.titles} - _lists(book.family) - {"subject"}
    return {field: party for party in _NAMED for field in getattr(book, _PARTIES[party]) if field in shown}


def _names(book: Book) -> Iterator[sql.Composable]:
    for field in _named(book):
        yield sql.SQL(", {}.name as {}").format(sql.Identifier(f"of_{field}"), sql.Identifier(f"{field}_name"))


def _joined(book: Book) -> Iterator[sql.Composable]:
    for field, party in _named(book).items():
        table, alias = sql.Identifier(f"entity_{party}"), sql.Identifier(f"of_{field}")
        text = "\nleft join {} {} on {}.subject = {} collate \"C\""
        yield sql.SQL(text).format(table, alias, alias, _expression(book, field))


def _unknown(book: Book) -> sql.Composable:
    """References to places, units and persons that nothing is registered for, in order."""
    fields = [field for names in _PARTIES.values() for field in getattr(book, names)]
    if not fields:
        return sql.SQL("'[]'::jsonb")
    return sql.SQL("""(
    select coalesce(jsonb_agg(distinct told.ref order by told.ref), '[]')
    from (select one #>> '{{}}' collate "C" as ref from jsonb_path_query(jsonb_build_array({}), 'strict $.**') one) told
    where told.ref ~ '^(place|unit|person)/[^ ]+$'
      and not exists (select from entity_place where subject = told.ref and registered_at is not null)
      and not exists (select from entity_unit where subject = told.ref and registered_at is not null)
      and not exists (select from entity_person where subject = told.ref and registered_at is not null)
)""").format(sql.SQL(", ").join(_expression(book, field) for field in fields))
