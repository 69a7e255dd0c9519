"""Turns what a typed decoder says into a refusal that names field, value, rule and remedy."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import msgspec

from ledger.errors import EventRefused
from ledger.event import EventKind

_AT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?\Z", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_FIELD = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]+)`")


def refuse(pointer: str, value: str, rule: str, remedy: str) -> NoReturn:
    """Raises `EventRefused`."""
    raise EventRefused(pointer, value, rule, remedy)


def data_refused(kind: EventKind, data: Any, error: msgspec.ValidationError) -> NoReturn:
    """Refuses the data of an event as the decoder's message says. Personal values are never shown."""
    match = _AT.match(str(error))
    what, path = (match["what"], match["path"] or "$") if match else (str(error), "$")
    steps = [step["name"] or step["index"] or "-" for step in _STEP.finditer(path)]
    value = _walk(data, steps)
    named = _FIELD.search(what)
    if named:
        steps.append(named["name"])
        value = _walk(data, steps)
    personal = any(field.name in steps for field in kind.personal)
    shown = "(not shown)" if personal and value != "absent" else value
    if named and "missing" in what and not steps[:-1]:
        fields = ", ".join(data) if isinstance(data, dict) else type(data).__name__
        what = f"{kind.type} lacks {named['name']} (has: {fields or 'nothing'})"
    refuse("/data" + "".join(f"/{step}" for step in steps), shown, _readable(what), f"See: shanzhi describe {kind.type}")


def _walk(data: Any, steps: list[str]) -> str:
    for step in steps:
        if isinstance(data, dict) and step in data:
            data = data[step]
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return "absent"
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _readable(what: str) -> str:
    what = what.replace("Object ", "").replace("`", "")
    if "matching regex" in what and "]{1,120}" in what:
        kinds = re.search(r"\^\(\?:([a-z|\[\]+-]+)\)", what)
        allowed = kinds[1].replace("|", " or ").replace("[a-z]+", "kind") if kinds else "kind"
        return f"has to be a reference {allowed}/id, id of A-Z a-z 0-9 . _ ~ -"
    return what
