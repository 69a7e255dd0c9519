"""Types and limits of fields in Chinese, from the English words of `ledger.describe`."""

from __future__ import annotations

import re

_TYPES = {
    "text": "文本",
    "one of the allowed values": "选其一",
    "integer": "整数",
    "number": "数",
    "true or false": "是或否",
    "time with zone (RFC 3339)": "时间，带时区",
    "object": "对象",
    "any JSON value": "任意 JSON 值",
    "reference": "引用",
}
_LIMITS = {
    " characters": " 字",
    " items": " 项",
    " fields": " 个字段",
    ", each ": "，每项 ",
    "at most ": "至多 ",
}
_OPAQUE = "kind/id, id of 1 to 120 of A-Z a-z 0-9 . _ ~ -"


def type_in_chinese(type_: str) -> str:
    """`list of text` -> `文本（多个）`. Raises `KeyError` for words that have no Chinese here."""
    if type_.startswith("list of "):
        return f"{type_in_chinese(type_.removeprefix('list of '))}（多个）"
    if type_.startswith("object of "):
        return f"对象，各值为{type_in_chinese(type_.removeprefix('object of '))}"
    if type_.startswith("reference "):
        return f"引用 {type_.removeprefix('reference ').replace(' or ', ' 或 ')}"
    return _TYPES[type_]


def limits_in_chinese(limits: str) -> str:
    """`0 to 200 items, each 1 to 200 characters` -> `0 至 200 项，每项 1 至 200 字`."""
    if _OPAQUE in limits:
        return limits_in_chinese(limits.replace(_OPAQUE, "kind/id")).replace("kind/id", "类别/编号，编号 1 至 120 位")
    said = re.sub(r"(\S+) to (\S+)", r"\1 至 \2", limits)
    for english, chinese in _LIMITS.items():
        said = said.replace(english, chinese)
    return re.sub(r"^matches ", "格式 ", said)
