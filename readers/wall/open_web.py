"""`/open/{read model}`: any read model as a table, with its filters as a form. Here every number of the wall leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from projections import read
from readers.accounts.rights import scope_of
from readers.api.access import OPEN, WITHHELD, Admitted, about, admitted
from readers.api.bodies import row_type
from readers.api.options import Option, options_of, parsed
from readers.api.problems import Problem
from readers.api.viewer import NOBODY, Viewer
from readers.asking import login_of, services_of
from readers.language import language_of
from readers.refusals import NotFound
from readers.rendering import page
from readers.tables import Tables
from readers.wall import drawing
from readers.wall.cells import cells, columns, references
from readers.wall.filters import Filter, filters, kept
from readers.wall.opening import WHERE

ROWS = 200
MOST_ROWS = 1_000
COUNTED = 2_000
"""Rows that are counted where fewer are shown: that a number and its table agree."""
router = APIRouter(include_in_schema=False)
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Where = Annotated[list[str], Query()]


class Found(NamedTuple):
    """Rows of an answer that fulfil the conditions: those that are shown, and how many there are."""

    answer: read.Answer[Any]
    rows: list[Any]
    total: int
    is_cut: bool


@router.get("/open")
def models(request: Request) -> Response:
    """All read models, those for everybody first."""
    found = sorted(read.read_models().values(), key=lambda one: (one.name not in OPEN, one.name))
    return page(request, "wall/models.html", models=found, open_=OPEN)


@router.get("/open/{name}")
def model(request: Request, name: str, where: Where = [], limit: Limit = ROWS) -> Response:  # noqa: B006 - FastAPI copies it
    """A read model."""
    asked = _model(name)
    given = [(key, text) for key, text in request.query_params.multi_items() if key not in (WHERE, "limit") and text]
    options = _options(asked, given)
    kind = row_type(asked, options)
    tables, language = services_of(request).tables, language_of(request)
    allowed = admitted(tables, _viewer(request), asked, options)
    conditions = filters(where, kind, WITHHELD.get(asked.name, ()) if allowed.is_veiled else None)
    found = _found(tables, allowed, asked, conditions, limit)
    titles = {
        column: title
        for column, title in kind.titles.items()
        if not (allowed.is_veiled and column in WITHHELD.get(asked.name, ()))
    }
    names = tables.names_of(references(found.rows, titles))
    return page(
        request, "wall/open.html", model=asked, found=found, heads=columns(titles, language), draw=drawing,
        rows=[cells(row, titles, names, language, is_veiled=allowed.is_veiled) for row in found.rows],
        fields=_fields(asked, given), conditions=_conditions(asked.name, given, conditions), limit=limit,
        csv=_csv(asked.name, given), more=_address(asked.name, given, where, MOST_ROWS), most=MOST_ROWS,
    )  # fmt: skip


def _model(name: str) -> read.ReadModel:
    found = read.read_models().get(name)
    if found is None:
        raise NotFound(f"没有“{name[:60]}”这张表 · there is no such table", "全部表 · All tables: /open")
    return found


def _options(asked: read.ReadModel, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    try:
        return parsed(asked, given)
    except Problem as error:
        raise read.QuestionRefused(error.what, error.remedy) from error


def _found(tables: Tables, allowed: Admitted, asked: read.ReadModel, conditions: Sequence[Filter], limit: int) -> Found:
    """With conditions every row is looked at, so far as a question may have rows."""
    most = read.MOST_ROWS if conditions else max(limit, COUNTED)
    answer = tables.ask(asked.name, **allowed.options, limit=most)
    rows = kept(_without(tables, answer.rows, allowed.hidden_from), conditions)
    return Found(answer, rows[:limit], len(rows), answer.is_cut)


def _without(tables: Tables, rows: list[Any], whom: frozenset[str]) -> list[Any]:
    """Nobody is shown what complains of them."""
    if not whom:
        return rows
    named = [_cases(row) for row in rows]
    hidden = about(tables, set().union(*named), whom)
    return [row for row, cases in zip(rows, named, strict=True) if cases.isdisjoint(hidden)]


def _cases(row: Any) -> set[str]:
    return {one for one in references([row], dict.fromkeys(row.__struct_fields__, "")) if one.startswith("case/")}


class Field(NamedTuple):
    """An option as an input of the form."""

    option: Option
    values: tuple[str, ...]


def _fields(asked: read.ReadModel, given: Sequence[tuple[str, str]]) -> list[Field]:
    return [
        Field(option, tuple(text for key, told in given if key == name for text in told.split(",")))
        for name, option in options_of(asked).items()
    ]


class Condition(NamedTuple):
    """A condition that holds, and the address without it."""

    text: str
    without: str


def _conditions(name: str, given: Sequence[tuple[str, str]], conditions: Sequence[Filter]) -> list[Condition]:
    return [
        Condition(one.text, _address(name, given, [other.text for other in conditions if other is not one], ROWS))
        for one in conditions
    ]


def _address(name: str, given: Sequence[tuple[str, str]], where: Sequence[str], limit: int) -> str:
    query = [*given, *((WHERE, one) for one in where)]
    if limit != ROWS:
        query.append(("limit", str(limit)))
    return f"/open/{name}?{urlencode(query)}" if query else f"/open/{name}"


def _csv(name: str, given: Sequence[tuple[str, str]]) -> str:
    return f"/api/v1/models/{name}?{urlencode([*given, ('format', 'csv'), ('limit', str(MOST_ROWS))])}"


def _viewer(request: Request) -> Viewer:
    login = login_of(request)
    return NOBODY if login is None else Viewer(scope_of(login), login)
