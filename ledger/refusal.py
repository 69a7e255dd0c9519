"""Turns what a typed decoder says into a refusal that names field, value, rule and remedy.

What may be somebody's personal data is never shown: personal fields, fields and attributes that nobody knows
(a misspelt personal one), anything that is not built as it should be, and long numbers.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import msgspec
from msgspec import inspect

from ledger.errors import EventRefused
from ledger.event import EventKind

NOT_SHOWN = "(not shown)"
_SHOWN_CHARACTERS = 60
_AT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?\Z", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*?)`(?: - at `\$.*`)?\Z", re.DOTALL)
_LONG_NUMBER = re.compile(r"\d{7,}")


def refuse(pointer: str, value: str, rule: str, remedy: str) -> NoReturn:
    """Raises `EventRefused`."""
    raise EventRefused(pointer, value, rule, remedy)


def data_refused(kind: EventKind, data: Any, error: msgspec.ValidationError) -> NoReturn:
    """Refuses the data of an event as the decoder's message says."""
    remedy = f"See: shanzhi describe {kind.type}"
    match = _AT.match(str(error))
    what, path = (match["what"], match["path"] or "$") if match else (str(error), "$")
    steps = [step["name"] or step["index"] or "-" for step in _STEP.finditer(path)]
    if unknown := _UNKNOWN.match(str(error)):
        name = unknown["name"]
        refuse(
            pointer_to("data", *steps, name),
            NOT_SHOWN,
            f"{_spoken(kind, steps)} has no field {short(name)}",
            nearest(name, _names_at(kind, steps), f"shanzhi describe {kind.type}"),
        )
    if missing := _MISSING.match(what):
        has = ", ".join(short(name) for name in _at(data, steps)) or "nothing"
        rule = f"{_spoken(kind, steps)} lacks {missing['name']} (has: {short(has, 200)})"
        refuse(pointer_to("data", *steps, missing["name"]), "absent", rule, remedy)
    allowed = _names_at(kind, steps)
    if allowed and what.startswith("Invalid enum value"):
        what, remedy = (
            f"has to be one of {', '.join(allowed)}",
            nearest(str(_at(data, steps)), allowed, remedy[5:]),
        )
    refuse(pointer_to("data", *steps), _shown(kind, data, steps), _readable(what), remedy)


def pointer_to(*steps: str) -> str:
    """A JSON pointer (RFC 6901), its steps shortened."""
    return "".join("/" + short(step).replace("~", "~0").replace("/", "~1") for step in steps)


def show(value: Any) -> str:
    """A value for a refusal: on one line, shortened, phone and identity numbers hidden."""
    return short(_LONG_NUMBER.sub("…", value if isinstance(value, str) and value.isprintable() else repr(value)))


def short(text: str, characters: int = _SHOWN_CHARACTERS) -> str:
    """The text, or its beginning where it is longer than `characters`."""
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def nearest(name: str, names: Iterable[str], see: str = "shanzhi describe") -> str:
    """A remedy that names the nearest of `names`, where one is near."""
    near = difflib.get_close_matches(short(name), sorted(names), n=1)
    return f"Did you mean {near[0]}? See: {see}" if near else f"See: {see}"


def _shown(kind: EventKind, data: Any, steps: Sequence[str]) -> str:
    value = _at(data, steps)
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    personal = {kind.wire_names[field.name] for field in kind.personal}
    return NOT_SHOWN if not steps or steps[0] in personal else show(value)


def _at(data: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(data, dict) and step in data:
            data = data[step]
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return "absent"
    return data


def _spoken(kind: EventKind, steps: Sequence[str]) -> str:
    """What lacks or has a field: the event, or an object in it."""
    return f"{'.'.join(steps)} of {kind.type}" if steps else kind.type


def _names_at(kind: EventKind, steps: Sequence[str]) -> list[str]:
    """The fields of the object, or the allowed values of the field, that the steps lead to."""
    node: inspect.Type = inspect.type_info(kind.plain)
    for step in ("", *steps):
        if isinstance(node, inspect.StructType) and step:
            node = next((field.type for field in node.fields if field.encode_name == step), node)
        elif isinstance(node, inspect.VarTupleType):
            node = node.item_type
        if isinstance(node, inspect.UnionType):
            node = next(one for one in node.types if not isinstance(one, inspect.NoneType))
    if isinstance(node, inspect.StructType):
        return [field.encode_name for field in node.fields]
    return [str(value) for value in node.values] if isinstance(node, inspect.LiteralType) else []


def _readable(what: str) -> str:
    what = what.replace("Object ", "").replace("`", "")
    if "matching regex" in what and "]{1,120}" in what:
        kinds = re.search(r"\^\(\?:([a-z|\[\]+-]+)\)", what)
        allowed = kinds[1].replace("|", " or ").replace("[a-z]+", "kind") if kinds else "kind"
        return f"has to be a reference {allowed}/id, id of A-Z a-z 0-9 . _ ~ -"
    if "matching regex" in what:
        return what.replace("\\Z", "$")
    return what if what.startswith("has to be") else short(what, 200)
