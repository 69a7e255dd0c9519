"""What the catalogue says of itself, as plain data: a table of all types, and one type with a sample.

Everything comes from the registry (the submitted form of a class, not the stored one), so that no list can
fall behind. The dataclasses here turn into JSON as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import inspect

import ledger.events  # noqa: F401 - fills the registry
from ledger import limits
from ledger.event import EventKind, latest
from ledger.refusal import nearest, refuse, show

_WORDS = re.compile(r"\^\([a-z_|]+\)\\Z\Z")


@dataclass(frozen=True)
class TypeRow:
    """A line of the table: the newest version of a type."""

    type: str
    version: int
    family: str
    term: str
    summary: str


@dataclass(frozen=True)
class FieldRow:
    """A field of the data. `name` is a path (`units[].part`); a nested one is required within its object."""

    name: str
    type: str
    required: bool
    personal: bool
    limits: str
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class TypeDescription:
    """One version of a type. `sample` is a CloudEvent that a way in accepts as it stands."""

    type: str
    version: int
    dataschema: str
    family: str
    term: str
    summary: str
    subjects: tuple[str, ...]
    fields: tuple[FieldRow, ...]
    sample: Mapping[str, Any]


def all_types() -> list[TypeRow]:
    """The newest version of every type, by family and then in the order of the catalogue."""
    rows = [TypeRow(kind.type, kind.version, kind.family, kind.term, kind.summary) for kind in latest.values()]
    return sorted(rows, key=lambda row: row.family)


def describe_type(type_: str) -> TypeDescription:
    """The newest version of a type. Raises `EventRefused` with the nearest name where there is none."""
    if type_ not in latest:
        refuse("type_unknown", "/type", show(type_), **nearest(type_, latest))
    kind = latest[type_]
    return TypeDescription(
        type=kind.type,
        version=kind.version,
        dataschema=kind.dataschema,
        family=kind.family,
        term=kind.term,
        summary=kind.summary,
        subjects=kind.subjects,
        fields=tuple(_fields(kind)),
        sample=sample_event(kind),
    )


def sample_event(kind: EventKind) -> dict[str, Any]:
    """The kind's sample as a full CloudEvent. Always the same one: published twice, it counts once."""
    return {
        "specversion": "1.0",
        "id": f"sample-{kind.type}-{kind.version}",
        "source": "urn:example:shanzhi-describe",
        "type": kind.type,
        "dataschema": kind.dataschema,
        "subject": f"{kind.subjects[0]}/sample-1",
        "time": "2024-05-11T09:30:00+08:00",
        "authid": "person/li-7f3a",
        "data": dict(kind.sample),
    }


def _fields(kind: EventKind) -> Iterator[FieldRow]:
    personal = {kind.wire_names[field.name] for field in kind.personal}
    for field in inspect.type_info(kind.plain).fields:  # type: ignore[attr-defined]  # a struct's
        yield from _rows(field, "", field.encode_name in personal)


def _rows(field: inspect.Field, before: str, personal: bool) -> Iterator[FieldRow]:
    name, node = before + field.encode_name, _given(field.type)
    item = _given(node.item_type) if isinstance(node, inspect.VarTupleType) else node
    yield FieldRow(name, _spoken(node), field.required, personal, _limits(node), _allowed(item))
    if isinstance(item, inspect.StructType):
        inner = f"{name}[]." if item is not node else f"{name}."
        for nested in item.fields:
            yield from _rows(nested, inner, personal)


def _given(node: inspect.Type) -> inspect.Type:
    """The type of an optional field where it is given."""
    if isinstance(node, inspect.UnionType):
        (node,) = (one for one in node.types if not isinstance(one, inspect.NoneType))
    return node


def _spoken(node: inspect.Type) -> str:
    match node:
        case inspect.VarTupleType():
            return f"list of {_spoken(_given(node.item_type))}"
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^(?:"):
            kinds_named = pattern[4 : pattern.index(")/")]
            return "reference" if kinds_named == "[a-z]+" else f"reference {kinds_named.replace('|', ' or ')}/…"
        case inspect.StrType(pattern=str(pattern)) if _WORDS.match(pattern):
            return "one of the allowed values"
        case inspect.StrType():
            return "text"
        case inspect.LiteralType():
            return "one of the allowed values"
        case inspect.IntType():
            return "integer"
        case inspect.FloatType():
            return "number"
        case inspect.BoolType():
            return "true or false"
        case inspect.DateTimeType():
            return "time with zone (RFC 3339)"
        case inspect.StructType():
            return "object"
        case inspect.DictType(value_type=value):
            return f"object of {_spoken(value)}"
        case inspect.AnyType():
            return "any JSON value"
    raise TypeError(f"no words for {node}: give it some in ledger/describe.py")


def _limits(node: inspect.Type) -> str:
    match node:
        case inspect.VarTupleType(min_length=least, max_length=most, item_type=item):
            inner = _limits(_given(item))
            return f"{_range(least, most)} items" + (f", each {inner}" if inner else "")
        case inspect.StrType(min_length=least, max_length=most, pattern=pattern):
            if pattern and pattern.startswith("^(?:"):
                return "kind/id, id of 1 to 120 of A-Z a-z 0-9 . _ ~ -"
            if pattern and _WORDS.match(pattern):
                return ""
            return f"matches {_portable(pattern)}" if pattern else f"{_range(least, most)} characters"
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            return _range(least, most)
        case inspect.DictType(min_length=least, max_length=most, value_type=value):
            inner = _limits(value)
            return f"{_range(least, most)} fields" + (f", each {inner}" if inner else "")
        case inspect.DateTimeType():
            return f"{limits.EARLIEST.year} to {limits.LATEST.year - 1}"
    return ""


def _allowed(node: inspect.Type) -> tuple[str, ...]:
    """Sorted, as msgspec gives them; names of fields, which a correction has as a pattern, are some too."""
    if isinstance(node, inspect.StrType) and node.pattern and _WORDS.match(node.pattern):
        return tuple(node.pattern[2:-3].split("|"))
    return tuple(str(value) for value in node.values) if isinstance(node, inspect.LiteralType) else ()


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most}"
    return f"{least} to {most}"


def _portable(pattern: str) -> str:
    """As other languages write it: Python's end of text is their `$`."""
    return pattern.removesuffix("\\Z") + "$" if pattern.endswith("\\Z") else pattern


__all__ = ["FieldRow", "TypeDescription", "TypeRow", "all_types", "describe_type", "sample_event"]
