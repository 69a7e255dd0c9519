"""Whether a new edition of the schemas still takes whatever the old one took, and means the same by it.

A dataschema is a promise: publishers go on sending what it allowed, and what is stored under it is read for ever.
What narrows it needs a new version. Anything that is not understood here counts as breaking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
_SAYS_NOTHING = frozenset({"$schema", "$id", "$comment", "title", "description", "examples"})
_LOWER_BOUNDS = ("minimum", "minLength", "minItems")
_UPPER_BOUNDS = ("maximum", "maxLength", "maxItems")
_COMPARED = frozenset({*_LOWER_BOUNDS, *_UPPER_BOUNDS, *_SAYS_NOTHING}).union(
    ("type", "enum", "const", "pattern", "format", "properties", "required", "additionalProperties", "items"),
    ("anyOf", "x-personal", "x-owner", "default"),
)
_ANY_KIND = "[a-z]+"
_KINDS_NAMED = re.compile(r"\^\(\?:(?P<kinds>[a-z|]+|\[a-z\]\+)\)(?P<rest>/.*)", re.DOTALL)
_WORDS_NAMED = re.compile(r"\^\((?P<kinds>[a-z_|]+)\)(?P<rest>\$)")


def incompatible(before: Mapping[str, Node], after: Mapping[str, Node]) -> list[str]:
    """What breaks between two editions, each by dataschema: `urn:shanzhi:case.rated:1 /data/by: …`; [] for nothing."""
    found = []
    for name, schema in before.items():
        broken = _broken(schema, after[name], "") if name in after else [("", "the dataschema is gone")]
        found += [f"{name} {at or '/'}: {what}" for at, what in broken]
    return found


Broken = tuple[str, str]


def _broken(before: Node | bool, after: Node | bool, at: str) -> Iterator[Broken]:
    """What `after` refuses, or means otherwise, of what `before` took; `at` is a JSON pointer into the event."""
    before, after = _node(before), _node(after)
    yield from _refused(before, after, at)
    yield from ((at, what) for what in _meaning(before, after))


def _node(schema: Node | bool) -> Node:
    """`true` takes anything, `false` nothing."""
    return schema if isinstance(schema, Mapping) else {} if schema else {"enum": []}


def _refused(before: Node, after: Node, at: str) -> Iterator[Broken]:
    if "anyOf" in before or "anyOf" in after:
        yield from _alternatives(before, after, at)
        return
    for look in (_values, _bounds, _not_understood):
        yield from ((at, what) for what in look(before, after))
    yield from ((at, what) for what in _texts(before, after, at))
    yield from _fields(before, after, at)
    if "items" in after:
        yield from _broken(before.get("items", {}), after["items"], f"{at}/-")


def _alternatives(before: Node, after: Node, at: str) -> Iterator[Broken]:
    """Each form that was taken has to be taken by some form still; else, why its nearest of kin refuses it."""
    forms = [_node(one) for one in after.get("anyOf", [after])]
    for form in map(_node, before.get("anyOf", [before])):
        refusals = [list(_refused(form, one, at)) for one in forms]
        if not all(refusals):
            continue
        kin = [said for said, one in zip(refusals, forms, strict=True) if one.get("type") == form.get("type")]
        yield from min(kin, key=len) if kin else [(at, f"{form.get('type', 'a form')} is no longer taken")]


def _values(before: Node, after: Node) -> Iterator[str]:
    was, now = _types(before), _types(after)
    if now and (not was or not was <= now | ({"integer"} if "number" in now else set())):
        yield f"the type changed from {_spoken(was)} to {_spoken(now)}"
    allowed_before, allowed_now = _allowed(before), _allowed(after)
    if allowed_now is not None:
        if allowed_before is None:
            yield f"only certain values are taken now: {', '.join(map(str, allowed_now))}"
        elif gone := [str(value) for value in allowed_before if value not in allowed_now]:
            yield f"no longer allowed: {', '.join(gone)}"


def _types(node: Node) -> set[str]:
    said = node.get("type", [])
    return {said} if isinstance(said, str) else set(said)


def _spoken(types: set[str]) -> str:
    return " or ".join(sorted(types)) or "any"


def _allowed(node: Node) -> list[Any] | None:
    found: list[Any] | None = [node["const"]] if "const" in node else node.get("enum")
    return found


def _bounds(before: Node, after: Node) -> Iterator[str]:
    for name in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        was, now = before.get(name), after.get(name)
        if now is not None and (was is None or (now > was if name in _LOWER_BOUNDS else now < was)):
            yield f"{name} was narrowed from {'none' if was is None else was} to {now}"


def _texts(before: Node, after: Node, at: str) -> Iterator[str]:
    was, now = before.get("pattern"), after.get("pattern")
    if now is not None and now != was:
        kinds_before, kinds_now = (_named(pattern or "") for pattern in (was, now))
        if not kinds_before or not kinds_now or kinds_before["rest"] != kinds_now["rest"]:
            yield f"the pattern was narrowed, or nobody can tell: from {was or 'none'} to {now}"
        elif gone := _gone(kinds_before["kinds"], kinds_now["kinds"]):
            yield f"{_spoken_of(at, now)} removed: {', '.join(gone)}"
    if "format" in after and before.get("format") != after["format"]:
        yield f"the format changed from {before.get('format', 'none')} to {after['format']}"


def _named(pattern: str) -> re.Match[str] | None:
    """Kinds of references, or the names of fields that a correction may name."""
    return _KINDS_NAMED.fullmatch(pattern) or _WORDS_NAMED.fullmatch(pattern)


def _spoken_of(at: str, pattern: str) -> str:
    if _WORDS_NAMED.fullmatch(pattern):
        return "allowed name"
    return "subject kind" if at == "/subject" else "kind of reference"


def _gone(was: str, now: str) -> list[str]:
    return [] if now == _ANY_KIND else [kind for kind in was.split("|") if kind not in now.split("|")]


def _fields(before: Node, after: Node, at: str) -> Iterator[Broken]:
    was, now = before.get("properties", {}), after.get("properties", {})
    for name in after.get("required", ()):
        if name not in before.get("required", ()):
            yield f"{at}/{name}", "the field is required now"
    for name, field in was.items():
        if name in now:
            yield from _broken(field, now[name], f"{at}/{name}")
        else:
            yield f"{at}/{name}", "the field was removed"
    if before.get("additionalProperties", True) and not after.get("additionalProperties", True):
        yield at, "other fields are no longer taken"


def _meaning(before: Node, after: Node) -> Iterator[str]:
    """What is still taken, and stored or read as something else."""
    if before.get("x-personal") and not after.get("x-personal"):
        yield "the personal mark was dropped: it would be stored unsealed"
    elif after.get("x-personal") and not before.get("x-personal"):
        yield "became personal: what is stored already is not sealed"
    elif before.get("x-owner") != after.get("x-owner"):
        yield f"the owner changed from {before.get('x-owner')} to {after.get('x-owner')}: other keys seal it"
    if before.get("default") != after.get("default"):
        yield f"an absent field meant {before.get('default')} and would mean {after.get('default')}"


def _not_understood(before: Node, after: Node) -> Iterator[str]:
    for name in sorted((before.keys() | after.keys()) - _COMPARED):
        if before.get(name) != after.get(name):
            yield f"{name} changed, which is not understood here"
