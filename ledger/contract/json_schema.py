"""JSON Schema 2020-12 of what may be submitted: each version of a type as a whole CloudEvent, personal fields marked.

A schema stands by itself, without references, so that any tool can read it and it can be put into any document.
What it can't say, and the way in checks besides: docs/contracts.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from inspect import cleandoc
from typing import Any

import msgspec

import ledger.events  # noqa: F401 - fills the registry
from ledger import limits
from ledger.describe import describe_type, sample_event
from ledger.envelope import ATTRIBUTES, Envelope
from ledger.event import EventKind, kinds, latest
from ledger.submission import REQUIRED

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OPAQUE_ID = "[A-Za-z0-9._~-]{1,120}"
Schema = dict[str, Any]


def all_schemas() -> dict[str, Schema]:
    """The schema of every version of every type, by its dataschema."""
    return {name: schema_of(kind) for name, kind in kinds.items()}


def find(name: str) -> Schema:
    """The schema of a type's newest version, or of a dataschema. Raises `EventRefused` where there is none."""
    return schema_of(kinds[name] if name in kinds else kinds[describe_type(name).dataschema])


def schema_of(kind: EventKind) -> Schema:
    """One version of a type as a whole CloudEvent in structured mode."""
    given = {
        "type": {"type": "string", "const": kind.type},
        "dataschema": {"type": "string", "const": kind.dataschema},
        "subject": _subject(kind.subjects),
        "data": data_schema(kind),
    }
    required = [name for name in _ORDER if name in REQUIRED or (name == "dataschema" and kind.version > 1)]
    return {
        "$schema": DIALECT,
        "$id": kind.dataschema,
        "title": kind.term,
        "description": cleandoc(kind.cls.__doc__ or ""),
        **_envelope(given, required),
        "examples": [sample_event(kind)],
    }


def data_schema(kind: EventKind) -> Schema:
    """The data of an event before it is sealed; a personal field says so and names who owns it."""
    (top,), defined = msgspec.json.schema_components([kind.plain])
    schema = _inlined(top, defined)
    del schema["title"]  # of the class, which no publisher knows
    for field in kind.personal:
        owner = [f"/data/{kind.wire_names[field.owner]}"] if field.owner else []
        mark = {"x-personal": True, "x-owner": [*owner, "/subject"]}
        schema["properties"][kind.wire_names[field.name]] |= mark
    return schema


def components() -> dict[str, Schema]:
    """For an OpenAPI document: `CloudEvent`, any event of the catalogue. The data of a type: /catalogue/TYPE.json."""
    data = {"type": "object", "description": "as the schema of its type has it: /catalogue/TYPE.json"}
    samples = [sample_event(latest[name]) for name in ("case.discovered", "case.rated", "volunteer.acted")]
    head = {"title": "事件", "description": "A CloudEvent 1.0 in structured mode, its type one of the catalogue."}
    return {"CloudEvent": {**head, **_any_event(data, REQUIRED), "examples": samples}}


def recorded() -> Schema:
    """Any event as the ledger holds it."""
    data = {"type": "object", "description": "as its dataschema has it; personal fields are sealed text, sealed:1:…"}
    return {"title": "账本记录", **_any_event(data, (*REQUIRED, "dataschema"))}


def _any_event(data: Schema, required: Collection[str]) -> Schema:
    subjects = sorted({subject for kind in kinds.values() for subject in kind.subjects})
    given = {
        "type": {"type": "string", "enum": list(latest)},
        "dataschema": {"type": "string", "enum": list(kinds), "description": "absent: version 1 of the type"},
        "subject": _subject(subjects),
        "data": data,
    }
    return _envelope(given, [name for name in _ORDER if name in required])


_ORDER = tuple(Envelope.__struct_fields__)
assert set(_ORDER) == ATTRIBUTES


def _envelope(given: Mapping[str, Schema], required: Iterable[str]) -> Schema:
    """The attributes that are registered here, and no other."""
    text = {"type": "string", "minLength": 1, "maxLength": limits.NAME_CHARACTERS}
    fixed = {
        "specversion": {"type": "string", "const": "1.0"},
        "time": {"type": "string", "format": "date-time", "description": _YEARS},
        "datacontenttype": {"type": "string", "const": "application/json"},
        "authid": text | {"description": "who did it, by an opaque id"},
    }
    properties = {name: dict(text) for name in _ORDER} | fixed | dict(given)
    return {
        "type": "object",
        "properties": {name: properties[name] for name in _ORDER},
        "required": list(required),
        "additionalProperties": False,
    }


def _subject(names: Iterable[str]) -> Schema:
    return {"type": "string", "pattern": f"^(?:{'|'.join(names)})/{OPAQUE_ID}$"}


_YEARS = f"with its zone; {limits.EARLIEST.year} to {limits.LATEST.year - 1}"


def _inlined(node: Mapping[str, Any], defined: Mapping[str, Any]) -> Schema:
    """The node with definitions in place of references, and patterns as ECMA-262 writes them."""
    if "$ref" in node:
        return _inlined(defined[node["$ref"].rpartition("/")[2]], defined)
    made = {name: value for name, value in node.items() if (name, value) != ("default", None)}
    if "properties" in made:
        made["properties"] = {name: _inlined(field, defined) for name, field in made["properties"].items()}
    if "items" in made:
        made["items"] = _inlined(made["items"], defined)
    if "anyOf" in made:
        made["anyOf"] = [_inlined(one, defined) for one in made["anyOf"]]
    if isinstance(made.get("default"), tuple):
        made["default"] = list(made["default"])  # as JSON has it
    if "enum" in made:
        made = {"type": "string", **made}  # every Literal of the catalogue is text; generators of code ask for it
    if "pattern" in made:
        made["pattern"] = portable(made["pattern"])
    if made.get("format") == "date-time":
        made["description"] = _YEARS
    return made


def portable(pattern: str) -> str:
    r"""As ECMA-262 writes it: the end of the text is `$` there, and `\Z` in Python."""
    return re.sub(r"\\Z\Z", "$", pattern)
