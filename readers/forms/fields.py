"""What a form asks for, as the catalogue has it: each field of an event type with its input and its limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from msgspec import inspect

import ledger.events  # noqa: F401 - fills the registry
from ledger.event import EventKind, latest
from ledger.fields import Location, Photo
from ledger.limits import NAME_CHARACTERS, TEXT_CHARACTERS
from ledger.twin import plain_twin

Input = Literal[
    "text", "long", "phone", "choice", "boolean", "integer", "number", "time", "day", "clock", "reference", "value",
    "location", "object", "rows", "choices", "photos",
]  # fmt: skip
"""`value` is any JSON value; `rows` is a list, of which `Field.item` is one; `choices` is a list of some of a few."""

_KINDS = re.compile(r"\^\(\?:(?P<kinds>[a-z|]+|\[a-z\]\+)\)/")
_WORDS = re.compile(r"\^\((?P<words>[a-z_|]+)\)\\Z\Z")
_DAY, _CLOCK, _PHONE = "^2[01][0-9]{2}", "^([01][0-9]|2[0-3]):", "^[0-9+ -]"


@dataclass(frozen=True)
class Field:
    """One field. `name` is its JSON name; `least` and `most` are characters, items or the number itself.

    `kinds` are those that a reference may name, none for any; `fields` are those of an object, `item` one of a list.
    """

    name: str
    input: Input
    required: bool = True
    personal: bool = False
    least: float | None = None
    most: float | None = None
    pattern: str | None = None
    allowed: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    item: Field | None = None


@cache
def fields_of(type_: str) -> tuple[Field, ...]:
    """The fields of a type's newest version, in its order."""
    kind = latest[type_]
    return tuple(_field(one, one.encode_name in kind.personal_names) for one in _schema(kind).fields)


def field_of(type_: str, name: str) -> Field | None:
    """One field of a type."""
    return next((field for field in fields_of(type_) if field.name == name), None)


def _schema(kind: EventKind) -> inspect.StructType:
    schema = inspect.type_info(kind.plain)
    assert isinstance(schema, inspect.StructType)
    return schema


def _field(field: inspect.Field, personal: bool = False) -> Field:
    return _made(field.encode_name, field.type, field.required, personal)


def _made(name: str, node: inspect.Type, required: bool, personal: bool = False) -> Field:
    if isinstance(node, inspect.UnionType):
        (node,) = (one for one in node.types if not isinstance(one, inspect.NoneType))
    match node:
        case inspect.StrType():
            return _text(name, node, required, personal)
        case inspect.LiteralType(values=values):
            return Field(name, "choice", required, personal, allowed=tuple(map(str, values)))
        case inspect.BoolType():
            return Field(name, "boolean", required, personal)
        case inspect.IntType(ge=least, le=most):
            return Field(name, "integer", required, personal, least, most)
        case inspect.FloatType(ge=least, le=most):
            return Field(name, "number", required, personal, least, most)
        case inspect.DateTimeType():
            return Field(name, "time", required, personal)
        case inspect.StructType(cls=cls, fields=fields):
            drawn: Input = "location" if cls is plain_twin(Location) else "object"
            return Field(name, drawn, required, personal, fields=tuple(map(_field, fields)))
        case inspect.VarTupleType():
            return _list(name, node, required, personal)
        case inspect.AnyType():
            return Field(name, "value", required, personal)
    raise TypeError(f"no input for {name}, {node}: give it one in readers/forms/fields.py, or its type an upstream")


def _text(name: str, node: inspect.StrType, required: bool, personal: bool) -> Field:
    pattern, most = node.pattern or "", node.max_length
    if (found := _KINDS.match(pattern)) is not None:
        kinds = () if "[" in found["kinds"] else tuple(found["kinds"].split("|"))
        return Field(name, "reference", required, personal, pattern=pattern, kinds=kinds)
    if (found := _WORDS.match(pattern)) is not None:
        return Field(name, "choice", required, personal, allowed=tuple(found["words"].split("|")))
    drawn: Input = "long" if most == TEXT_CHARACTERS else "text"
    for begins, special in ((_DAY, "day"), (_CLOCK, "clock"), (_PHONE, "phone")):
        if pattern.startswith(begins):
            drawn = special  # type: ignore[assignment]  # each is an input
    return Field(
        name, drawn, required, personal, node.min_length, most or NAME_CHARACTERS, pattern=node.pattern or None
    )


def _list(name: str, node: inspect.VarTupleType, required: bool, personal: bool) -> Field:
    inner = node.item_type
    least, most = node.min_length, node.max_length
    if isinstance(inner, inspect.LiteralType):
        return Field(name, "choices", required, personal, least, most, allowed=tuple(map(str, inner.values)))
    if isinstance(inner, inspect.StructType) and inner.cls is plain_twin(Photo):
        return Field(name, "photos", required, personal, least, most)
    return Field(name, "rows", required, personal, least, most, item=_made(name, inner, True))
