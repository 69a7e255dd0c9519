"""The catalogue as pages: every type with its fields, limits and a sample, read from the registry.

Nothing is asked of another host, nothing stands in line that a strict content security policy refuses, and nothing of
the request is repeated but the name that was looked for, escaped.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import jinja2
import orjson

from ledger.contract import json_schema
from ledger.contract.document import text
from ledger.describe import TypeRow, all_types, describe_type
from ledger.envelope import STRUCTURED
from ledger.event import EventKind, kinds, latest
from ledger.topics import INTAKE
from producers.gateway.words import limits_in_chinese, type_in_chinese

HTML, JSON = "text/html; charset=utf-8", "application/json"
_FILES = {"style.css": "text/css; charset=utf-8", "search.js": "text/javascript; charset=utf-8"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",  # another version may be running in a minute
    }
)
_NAME_CHARACTERS = 80
_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("producers.gateway"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Page(NamedTuple):
    """An answer as it goes out; `HEADERS` go with each."""

    status: int
    media_type: str
    body: str


class Family(NamedTuple):
    """Types that share a stream; term and `about` are what its module says of itself."""

    name: str
    term: str
    about: str
    types: Sequence[TypeRow]


def page(name: str = "") -> Page:
    """What stands at /catalogue (no name) and /catalogue/NAME: TYPE, TYPE.json, TYPE.sample.json, a style, a script."""
    if not name:
        return _overview()
    if name in _FILES:
        return Page(200, _FILES[name], _file(name))
    if name in latest:
        return _type(name)
    for ending, document in ((".sample.json", _sample), (".json", json_schema.find)):
        type_ = name.removesuffix(ending)
        if name.endswith(ending) and type_ in latest:
            return Page(200, JSON, text(document(type_)))
    return _missing(name)


@cache
def _overview() -> Page:
    families = [_family(name, list(rows)) for name, rows in groupby(all_types(), key=attrgetter("family"))]
    return Page(200, HTML, _rendered("catalogue.html", families=families, count=len(latest)))


def _family(name: str, rows: Sequence[TypeRow]) -> Family:
    told = sys.modules[latest[rows[0].type].cls.__module__].__doc__ or ""
    term, _, about = told.strip().splitlines()[0].removeprefix(f"{name} ").partition(": ")
    return Family(name, term, about, rows)


@cache
def _type(name: str) -> Page:
    kind = latest[name]
    described = describe_type(name)
    versions = [one.dataschema for one in kinds.values() if one.type == name]
    made = _rendered(
        "type.html",
        described=described,
        versions=versions,
        fields=[(row, type_in_chinese(row.type), limits_in_chinese(row.limits)) for row in described.fields],
        owners=_owners(kind),
        sample=orjson.dumps(described.sample, option=orjson.OPT_INDENT_2).decode(),
        structured=STRUCTURED,
        intake=INTAKE,
    )
    return Page(200, HTML, made)


def _owners(kind: EventKind) -> dict[str, str]:
    """Whose each personal field is: the field that names them, or else the subject."""
    return {kind.wire_names[one.name]: kind.wire_names[one.owner] if one.owner else "" for one in kind.personal}


def _sample(type_: str) -> Mapping[str, Any]:
    return describe_type(type_).sample


def _missing(name: str) -> Page:
    near = difflib.get_close_matches(name[:_NAME_CHARACTERS], list(latest), n=3)
    return Page(404, HTML, _rendered("missing.html", name=name[:_NAME_CHARACTERS], near=near))


def _rendered(template: str, **values: Any) -> str:
    return _templates.get_template(template).render(values)


@cache
def _file(name: str) -> str:
    return files("producers.gateway").joinpath("templates", name).read_text(encoding="utf-8")
