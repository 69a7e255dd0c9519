"""Makes an event that can be published of one that could not. Pure; keys come in as an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import orjson

from ledger.envelope import ATTRIBUTES, identity
from ledger.event import EventKind, kinds
from ledger.sealing import unseal
from ledger.unsealing import SealedField, sealed_fields
from processors.desk.references import DeskRefused

Changes = Sequence[tuple[str, Any]]


def parse_change(text: str) -> tuple[str, Any]:
    """`/data/place=place/xicheng`: pointer and value; JSON where it is JSON, else text."""
    pointer, equals, value = text.partition("=")
    steps = _steps(pointer)
    if not equals or not steps or len(steps) > 16:
        raise DeskRefused(
            "--set 需要 指针=值 · --set takes POINTER=VALUE", "例如 · For example --set /data/place=place/xicheng"
        )
    try:
        return pointer, orjson.loads(value)
    except orjson.JSONDecodeError:
        return pointer, value


def parsed(text: bytes) -> dict[str, Any]:
    """The event as an object. Raises `DeskRefused` where it is none: then only a repaired file helps."""
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        raise DeskRefused(
            "原件不是 JSON 对象，无法直接修改 · the original is no JSON object",
            "请用 --file 提交修好的事件 · Give the repaired event: --file REPAIRED.json",
        )
    return event


def sealed_in(event: Mapping[str, Any]) -> list[SealedField]:
    """The personal fields of a stored event that are sealed."""
    kind, data = _kind(event), event.get("data")
    names = ("source", "id", "subject")
    if kind is None or not isinstance(data, dict) or not all(isinstance(event.get(name), str) for name in names):
        return []
    return sealed_fields(kind, event["source"], event["id"], event["subject"], data)


def unsealed(event: Mapping[str, Any], fields: Sequence[SealedField], keys: Mapping[str, bytes]) -> dict[str, Any]:
    """As it was submitted, so that the same event seals to the same bytes. Raises `DeskRefused` without a key."""
    data = dict(event.get("data") or {}) if isinstance(event.get("data"), dict) else event.get("data")
    for field in fields:
        key = keys.get(field.owner)
        plain = unseal(key, field.text, field.source, field.id, field.pointer) if key else None
        if plain is None or not isinstance(data, dict):
            raise DeskRefused(
                f"{field.pointer} 打不开（当事人已被遗忘？）· can't be unsealed: was its owner forgotten?",
                "去掉该字段后用 --file 提交 · Leave the field out and give the event as --file.",
            )
        data[field.pointer.removeprefix("/data/")] = msgspec.json.decode(plain)
    kept = {name: value for name, value in event.items() if name in ATTRIBUTES}
    return kept | ({"data": data} if data is not None else {})


def changed(event: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The event with other values at the pointers; null takes a field away. Raises `DeskRefused` for no such place."""
    made: dict[str, Any] = orjson.loads(orjson.dumps(event))
    for pointer, value in changes:
        _set(made, pointer, value)
    return made


def assert_not_in_vain(event: Mapping[str, Any], reused: str) -> None:
    """Raises `DeskRefused` where the event still bears the identity that stands for another one."""
    source, id_ = event.get("source"), event.get("id")
    if isinstance(source, str) and isinstance(id_, str) and identity(source, id_) == reused:
        raise DeskRefused(
            "编号仍属另一事件，重发还会被隔离 · the id still stands for another event: it would end here again",
            "换一个编号 · Give it an id of its own: --set /id=…",
        )


def _set(event: Any, pointer: str, value: Any) -> None:
    *path, last = _steps(pointer)
    node = event
    for step in path:
        node = node.get(step) if isinstance(node, dict) else _item(node, step)
    if isinstance(node, list) and last.isdigit() and int(last) < len(node):
        node[int(last)] = value
    elif not isinstance(node, dict):
        raise DeskRefused(f"没有这个位置 · there is no {pointer[:100]}", "See: shanzhi quarantine show REF")
    elif value is None:
        node.pop(last, None)
    else:
        node[last] = value


def _item(node: Any, step: str) -> Any:
    return node[int(step)] if isinstance(node, list) and step.isdigit() and int(step) < len(node) else None


def _steps(pointer: str) -> list[str]:
    if not pointer.startswith("/") or pointer == "/":
        return []
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _kind(event: Mapping[str, Any]) -> EventKind | None:
    schema = event.get("dataschema")
    return kinds.get(schema) if isinstance(schema, str) else None
