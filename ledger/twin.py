"""Two forms of one event class: as the ledger holds it, and as a publisher submits it.

The ledger's form holds personal fields as sealed text and takes patterns on trust. The submitted form (the
plain twin, derived, never written by hand) has the types before sealing, checks every pattern and refuses
fields that the class does not have.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from ledger.fields import Personal, Shape
from ledger.masking import Mask


@dataclass(frozen=True)
class PersonalField:
    """A sealed field: its name, the field that names its owner (None: the subject), and what is shown of it."""

    name: str
    owner: str | None
    mask: Mask = "hidden"


def personal_fields(cls: type) -> tuple[PersonalField, ...]:
    """The sealed fields of an event class, in the order of the class."""
    found = []
    for name, hint in get_type_hints(cls, include_extras=True).items():
        for part in _structs(hint):
            if personal_fields(part) or time_fields(part):
                raise TypeError(f"{cls.__name__}.{name}: only events may hold personal fields or times")
        mark = _personal(hint)
        if mark:
            found.append(PersonalField(name, mark.owner, mark.mask))
    return tuple(found)


def time_fields(cls: type) -> tuple[str, ...]:
    """The fields that hold a time, in the order of the class."""
    hints = get_type_hints(cls)
    return tuple(name for name, hint in hints.items() if hint is datetime or datetime in get_args(hint))


@cache
def plain_twin(cls: type) -> type[Struct]:
    """The class as a publisher submits it; one twin for each, so that a schema can name it."""
    hints = get_type_hints(cls, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(cls):
        default = {} if field.required else {"default": field.default}
        fields.append((field.name, _plain(hints[field.name]), msgspec.field(name=field.encode_name, **default)))
    return msgspec.defstruct(
        cls.__name__, fields, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True
    )


def _structs(hint: Any) -> Iterator[type[Struct]]:
    """The structs inside a field: what is sealed or turned to UTC is looked for in the event alone."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint):
        yield from _structs(part)


def _personal(hint: Any) -> Personal | None:
    if get_origin(hint) is Annotated:
        return next((mark for mark in get_args(hint)[1:] if isinstance(mark, Personal)), None)
    if get_origin(hint) in (Union, types.UnionType):
        return next((mark for part in get_args(hint) if (mark := _personal(part))), None)
    return None


def _plain(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _plain_annotated(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return Union[tuple(_plain(part) for part in arguments)]  # noqa: UP007 - built at run time
    if origin is tuple:
        return tuple[tuple(part if part is ... else _plain(part) for part in arguments)]  # type: ignore[misc]  # built at run time
    if isinstance(hint, type) and issubclass(hint, Struct):
        return plain_twin(hint)
    return hint


def _plain_annotated(base: Any, marks: tuple[Any, ...]) -> Any:
    personal = next((mark for mark in marks if isinstance(mark, Personal)), None)
    if personal:
        return _plain(personal.plain)
    metas = [mark for mark in marks if isinstance(mark, Meta)]
    metas += [Meta(pattern=mark.pattern) for mark in marks if isinstance(mark, Shape)]
    plain = _plain(base)
    for meta in metas:
        plain = Annotated[plain, meta]
    return plain
