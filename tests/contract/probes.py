"""Values at the edges of what a type takes: at each bound, beyond it, absent, null, of another kind. No chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from ledger import limits
from ledger.describe import sample_event
from ledger.envelope import ATTRIBUTES
from ledger.event import EventKind


def events(kind: EventKind, *, has_envelope: bool) -> Iterator[dict[str, Any]]:
    """Sound and unsound events of the kind, every field given, one edge in each; `has_envelope`: also in the attributes
    that all kinds have alike."""
    node = inspect.type_info(kind.plain)
    sound = sample_event(kind) | {"data": _sound(node)}
    for data in _edges(node):
        yield sound | {"data": data}
    for subject in (*kind.subjects, "publisher", "nothing", ""):
        for id_ in ("x", "x" * 120, "x" * 121, "", "x\n", "甲"):
            yield sound | {"subject": f"{subject}/{id_}"}
    for name in sorted({*ATTRIBUTES, "unknown"} - {"data", "subject"}) if has_envelope else ():
        yield {key: value for key, value in sound.items() if key != name}
        for value in (None, 7, "", "x", "x" * limits.NAME_CHARACTERS, "x" * (limits.NAME_CHARACTERS + 1)):
            yield sound | {name: value}


def _sound(node: inspect.Type) -> Any:
    match node:
        case inspect.StructType(fields=fields):
            return {field.encode_name: _sound(field.type) for field in fields}
        case inspect.UnionType(types=types):
            return _sound(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.VarTupleType(item_type=item):
            return [_sound(item)]
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.BoolType():
            return True
        case inspect.IntType(ge=least) | inspect.FloatType(ge=least):
            return least
        case inspect.DateTimeType():
            return "2024-05-11T09:30:00+08:00"
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^(?:"):
            return f"{_kinds(pattern)[0]}/x"
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^("):
            return pattern[2:].partition("|")[0].partition(")")[0]
        case inspect.StrType(pattern=pattern):
            return "12345" if pattern else "x"
        case inspect.AnyType():
            return ["x"]
        case inspect.DictType(value_type=value):
            return {"x": _sound(value)}
    raise TypeError(f"no value for {node}: give it one here")


def _edges(node: inspect.Type) -> Iterator[Any]:
    yield from (None, 7, "x", True, [], {})
    match node:
        case inspect.StructType(fields=fields):
            whole = _sound(node)
            yield whole | {"unknown": 1}
            for field in fields:
                yield {name: value for name, value in whole.items() if name != field.encode_name}
                yield from (whole | {field.encode_name: value} for value in _edges(field.type))
        case inspect.UnionType(types=types):
            for one in types:
                yield from _edges(one)
        case inspect.VarTupleType(item_type=item, min_length=least, max_length=most):
            yield from ([_sound(item)] * size for size in _sizes(least, most))
            yield from ([value] for value in _edges(item))
        case inspect.DictType(value_type=value, min_length=least, max_length=most):
            yield from (dict.fromkeys(map(str, range(size)), _sound(value)) for size in _sizes(least, most))
        case inspect.LiteralType(values=values):
            yield from (*values, str(values[0]).upper())
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            yield from (bound + step for bound in (least or 0, most or 0) for step in (-1, 0, 1, 0.5))
        case inspect.DateTimeType():
            yield from ("2024-05-11T09:30:00.123456Z", "2024-05-11T09:30:00", "2024-05-11", "2024-02-30T00:00:00Z")
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^(?:"):
            for kind in (*_kinds(pattern), "nothing", "A", ""):
                yield from (f"{kind}/{id_}" for id_ in ("x", "x" * 120, "x" * 121, "", "x\n", "甲"))
        case inspect.StrType(min_length=least, max_length=most):
            yield from ("甲" * size for size in _sizes(least, most))
            yield from ("1" * size for size in (4, 5, 20, 21))


def _sizes(least: int | None, most: int | None) -> set[int]:
    return {least or 0, max(0, (least or 0) - 1), most or 0, (most or 0) + 1}


def _kinds(pattern: str) -> list[str]:
    return pattern[4 : pattern.index(")/")].replace("[a-z]+", "person|anything").split("|")
