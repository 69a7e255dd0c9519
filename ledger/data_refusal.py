"""Turns what a typed decoder says of an event's data into a refusal that names field, value, rule and remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NoReturn

import msgspec
from msgspec import inspect

from ledger.event import EventKind
from ledger.refusal import NOT_SHOWN, named, nearest, pointer_to, refuse, short, show

_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`\Z", re.DOTALL)
_BOUND = re.compile(r"Expected (?P<sort>int|float|str of length|array of length) (?P<sign>[<>]=) (?P<limit>\S+)")
_PATTERN = re.compile(r"Expected str matching regex '(?P<pattern>.*)'")
_TYPES = re.compile(r"Expected (?P<expected>[a-z]+(?: \| [a-z]+)*), got (?P<given>[a-z]+)")
_REFERENCE = re.compile(r"\^\(\?:(?P<kinds>[a-z|\[\]+-]+)\)/")
_BOUNDS = {
    ("int", ">="): "number_too_small",
    ("int", "<="): "number_too_large",
    ("float", ">="): "number_too_small",
    ("float", "<="): "number_too_large",
    ("str of length", ">="): "text_too_short",
    ("str of length", "<="): "text_too_long",
    ("array of length", ">="): "list_too_short",
    ("array of length", "<="): "list_too_long",
}
_CHINESE = {
    "object": "对象",
    "array": "列表",
    "str": "文本",
    "int": "整数",
    "float": "小数",
    "bool": "true 或 false",
    "null": "空值 null",
    "datetime": "时间",
}


def data_refused(kind: EventKind, data: Any, error: msgspec.ValidationError) -> NoReturn:
    """Refuses the data of an event as the decoder's message says."""
    steps, what = _told(str(error))
    texts = {"type": kind.type, "where": _spoken(kind, steps), **nearest("", ())}
    if (unknown := _UNKNOWN.match(what)) is not None:
        name = unknown["name"]
        texts |= nearest(name, _names_at(kind, steps)) | {"name": named(name)}
        refuse("field_unknown", pointer_to("data", *steps, name), NOT_SHOWN, **texts)
    if (missing := _MISSING.match(what)) is not None:
        name, has = missing["name"], ", ".join(named(name) for name in _at(data, steps))
        texts |= {"name": name, "has": short(has, 200) or "nothing", "has_chinese": short(has, 200) or "无"}
        refuse("field_missing", pointer_to("data", *steps, name), "absent", **texts)
    code, values = _broken(kind, data, steps, what)
    refuse(code, pointer_to("data", *steps), _shown(kind, data, steps), **(texts | values))


def _told(said: str) -> tuple[list[str], str]:
    """What a decoder's message says: the steps that lead to the value, and what is wrong with it."""
    what, _, path = said.rpartition(" - at `$")
    if not what or not path.endswith("`"):
        return [], said
    return [step["name"] or step["index"] or "-" for step in _STEP.finditer(path[:-1])], what


def _broken(kind: EventKind, data: Any, steps: Sequence[str], what: str) -> tuple[str, dict[str, str]]:
    """Which rule a value broke, and what the texts of that rule need."""
    what = what.replace("`", "")
    if what.startswith("Invalid enum value") and (allowed := _names_at(kind, steps)):
        return "value_not_allowed", {"allowed": ", ".join(allowed), **nearest(str(_at(data, steps)), allowed)}
    if what == "Invalid RFC3339 encoded datetime":
        return "time_unreadable", {}
    if what.endswith("with a timezone component"):
        return "time_without_zone", {"text": _shown(kind, data, steps)}
    if (bound := _BOUND.fullmatch(what)) is not None:
        return _BOUNDS[bound["sort"], bound["sign"]], {"limit": bound["limit"]}
    if (pattern := _PATTERN.fullmatch(what)) is not None:
        return _pattern_broken(pattern["pattern"].replace("\\\\", "\\"))
    if (types := _TYPES.fullmatch(what)) is not None:
        expected, given = types["expected"], types["given"]
        names = {"expected": expected, "given": given}
        return "field_of_wrong_type", names | {f"{name}_chinese": in_chinese(one) for name, one in names.items()}
    return "field_wrong", {}  # a message that this version of the decoder does not have


def _pattern_broken(pattern: str) -> tuple[str, dict[str, str]]:
    reference = _REFERENCE.match(pattern)
    if reference is None:
        return "pattern_broken", {"pattern": pattern.replace("\\Z", "$")}
    kinds = reference["kinds"].replace("[a-z]+", "kind").split("|")
    return "reference_malformed", {"allowed": " or ".join(kinds), "allowed_chinese": " 或 ".join(kinds)}


def in_chinese(types: str) -> str:
    """What a decoder calls the types of a value, in words: `object | null` -> 对象或空值."""
    return "或".join(_CHINESE.get(name, name) for name in types.split(" | "))


def _shown(kind: EventKind, data: Any, steps: Sequence[str]) -> str:
    value = _at(data, steps)
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    is_personal = not steps or steps[0] in kind.personal_names
    return NOT_SHOWN if is_personal or _are_stray_words(kind, steps, value) else show(value)


def _are_stray_words(kind: EventKind, steps: Sequence[str], value: Any) -> bool:
    """Whether words stand where none belong, as for a reference or a count: somebody's name, as likely as not."""
    node = _node_at(kind, steps)
    is_text = isinstance(node, inspect.StrType) and _REFERENCE.match(node.pattern or "") is None
    takes_words = is_text or isinstance(node, inspect.LiteralType | inspect.DateTimeType | inspect.AnyType)
    return not takes_words and isinstance(value, str) and not value.isascii()


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
    return f"{'.'.join(map(named, steps))} of {kind.type}" if steps else kind.type


@cache
def _schema(plain: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(plain)


def _names_at(kind: EventKind, steps: Sequence[str]) -> list[str]:
    """The fields of the object, or the allowed values of the field, that the steps lead to."""
    node = _node_at(kind, steps)
    if isinstance(node, inspect.StructType):
        return [field.encode_name for field in node.fields]
    return [str(value) for value in node.values] if isinstance(node, inspect.LiteralType) else []


def _node_at(kind: EventKind, steps: Sequence[str]) -> inspect.Type:
    """The type that the steps lead to, None as one of its values left out."""
    node = _schema(kind.plain)
    for step in ("", *steps):
        if isinstance(node, inspect.StructType) and step:
            node = next((field.type for field in node.fields if field.encode_name == step), node)
        elif isinstance(node, inspect.VarTupleType):
            node = node.item_type
        if isinstance(node, inspect.UnionType):
            node = next(one for one in node.types if not isinstance(one, inspect.NoneType))
    return node
