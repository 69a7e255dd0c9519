"""JSON Schemas of what the read API is asked and answers: options, rows of each read model, what goes with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from audit.explain import Explanation
from projections import read
from readers.api.access import OPEN, WITHHELD
from readers.api.bodies import Body, row_type
from readers.api.options import PERIOD, Option, options_of

SUBJECT = r"^[a-z]{1,20}/[A-Za-z0-9._~-]{1,120}$"
TEXT: dict[str, Any] = {"type": "string", "pattern": r"^[A-Za-z0-9一-鿿_.:=/~-]{1,200}$"}
_REF = "#/components/schemas/{name}"
_ID: dict[str, Any] = {"type": "string", "pattern": r"^{kind}/[A-Za-z0-9._~-]{1,120}$"}
_OF_KIND: Mapping[str, dict[str, Any]] = {
    "text": TEXT,
    **{kind: {"type": "string", "pattern": _ID["pattern"].replace("{kind}", kind)} for kind in ("place", "unit")},
    "person": {"type": "string", "pattern": SUBJECT},
    "subject": {"type": "string", "pattern": SUBJECT},
    "flag": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "period": {"type": "string", "pattern": PERIOD},
}


def ref(name: str) -> dict[str, Any]:
    """A reference to a schema of the document."""
    return {"$ref": _REF.format(name=name)}


def parameter_of(option: Option) -> dict[str, Any]:
    """An option as a parameter; one that many read models have is told once."""
    if option.name in shared_options() and _shared()[option.name] == option:
        return {"$ref": f"#/components/parameters/{option.name}"}
    return _parameter(option)


def shared_options() -> dict[str, Any]:
    """The options that are told once."""
    return {name: _parameter(option) for name, option in _shared().items()}


@cache
def _shared() -> Mapping[str, Option]:
    told = Counter(option for model in read.read_models().values() for option in options_of(model).values())
    found: dict[str, Option] = {}
    for option, times in told.most_common():
        if times > 1:
            found.setdefault(option.name, option)
    return dict(sorted(found.items()))


def _parameter(option: Option) -> dict[str, Any]:
    told: dict[str, Any] = {"name": option.name, "in": "query", "description": option.about}
    if option.kind == "choices":
        words = {"enum": list(option.choices)}
        told["schema"] = {"type": "array", "items": words, "minItems": 1, "maxItems": 4, "uniqueItems": True}
    else:
        told["schema"] = {"enum": list(option.choices)} if option.choices else _OF_KIND[option.kind]
    return told


def answer_of(model: read.ReadModel) -> dict[str, Any]:
    """The JSON of an answer: what each has, and rows of its own."""
    rows = {"type": "array", "items": _row(model)}
    return {"allOf": [ref("Body"), {"type": "object", "properties": {"rows": rows}}]}


def _row(model: read.ReadModel) -> dict[str, Any]:
    if isinstance(model, read.Question):
        return ref(row_type(model, {}).__name__)
    titles = row_type(model, {}).titles
    named = {column: {"title": title} for column, title in titles.items()}
    if isinstance(model, read.Book):
        return {"type": "object", "required": ["subject"], "properties": {**named, "subject": {"type": "string"}}}
    sums: dict[str, dict[str, Any]] = {column: {"type": "integer"} for column in (*model.titles, *model.distinct)}
    sums |= {column: {"type": ["number", "null"]} for column in model.ratios}
    told = {column: {**sums.get(column, {}), **title} for column, title in named.items()}
    return {
        "type": "object",
        "required": ["is_overall", "is_registered", *sums],
        "properties": {"is_overall": {"type": "boolean"}, "is_registered": {"type": "boolean"}, **told},
    }


@cache
def components() -> dict[str, Any]:
    """Every schema by its name."""
    kinds = [row_type(model, {}) for model in read.read_models().values() if isinstance(model, read.Question)]
    _, found = msgspec.json.schema_components([Body, Explanation, *dict.fromkeys(kinds)], ref_template=_REF)
    for one in (model for model in read.read_models().values() if model.name in OPEN and model.name in WITHHELD):
        row = found[row_type(one, {}).__name__]
        row["required"] = [column for column in row["required"] if column not in WITHHELD[one.name]]
    return {**found, "Problem": _PROBLEM, "ReadModel": _READ_MODEL}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_PROBLEM = _object(
    "type title status detail",
    type={"type": "string"},
    title={"type": "string", "description": "中文 · English"},
    status={"type": "integer"},
    detail={"type": "string"},
    parameter={"type": "string"},
    value={"type": "string"},
)
_OPTION = _object(
    "name kind about choices",
    name={"type": "string"},
    kind={"type": "string"},
    about={"type": "string", "description": "中文 · English"},
    choices={"type": "array", "items": {"type": "string"}},
)
_READ_MODEL = _object(
    "name title kind is_open address options columns",
    name={"type": "string"},
    title={"type": "string"},
    kind={"enum": ["board", "book", "question"]},
    is_open={"type": "boolean"},
    address={"type": "string"},
    options={"type": "array", "items": _OPTION},
    columns=_TEXTS,
)
