"""What forms say of event types and their fields, in Chinese and English; the words stand in TOML beside this.

The table of field names holds for all types, exceptions for one. `projections.read.words` has the Chinese of codes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ledger.event import latest
from projections.read import WORDS, word
from readers.forms.fields import Field
from readers.language import Text

_CHINESE = re.compile(r"\s*(?:\([^()]*[\u4e00-\u9fff][^()]*\)|[\u4e00-\u9fff]+)")
_ROW = re.compile(r"\.[0-9]+(?=\.|$)")
_ENGLISH = {
    "h2": "2 hours", "h24": "24 hours", "d7": "7 days", "d15": "15 days", "app_reflect": "Tell us",
    "app_service": "Ask for help", "open311": "Open311", "two_committees": "Community's two committees",
    "delegate": "Delegate", "cppcc": "CPPCC", "peoples_congress": "People's congress", "none": "None of these",
    "alliance_cadre": "Cadre of the alliance", "red_harbour": "Red harbour", "call_back": "Call-back",
}  # fmt: skip
"""English of codes that say too little with their underscores taken away."""


@cache
def label(type_: str, path: str) -> Text:
    """What an input is called: `units.0.part` of case.whistled -> 分工. Raises `KeyError` where it has no name."""
    where = _ROW.sub("", path)
    own, common = _own(type_), _labels()["field"]
    return _both(own.get(where) or common.get(where) or common[where.rpartition(".")[2]])


def common(name: str) -> Text | None:
    """What a field is called in most types, None where no type has it."""
    found = _labels()["field"].get(name)
    return _both(found) if found else None


def hint(type_: str, path: str) -> Text | None:
    """The line below an input, None where its label says enough."""
    where = _ROW.sub("", path)
    hints = _labels()["hint"]
    for key in (f"{type_}/{where}", f"*.{type_.rpartition('.')[2]}/{where}", where, where.rpartition(".")[2]):
        if key in hints:
            return _both(hints[key])
    return None


def subject_hint(type_: str) -> Text:
    """How the subject of a form is given where it is asked for."""
    hints, kinds = _labels()["hint"], latest[type_].subjects
    return _both(hints.get(f"subject/{kinds[0]}") or hints["subject"])


def title(type_: str) -> Text:
    """The name of an event type: 派单, Case dispatched."""
    if type_ in (own := _labels()["title"]):
        return _both(own[type_])
    family, _, verb = type_.partition(".")
    return Text(latest[type_].term, f"{family} {verb}".replace("_", " ").capitalize())


@cache
def summary(type_: str) -> Text:
    """What a form is for, in one sentence each. Raises `KeyError` for a type that has none."""
    kind = latest[type_]
    english = _CHINESE.sub("", kind.summary).removesuffix(".").strip()
    if type_.endswith((".corrected", ".voided")):
        family = word(kind.family)
        told = "更正一条记录中的一项" if type_.endswith(".corrected") else "作废一条记录"
        return Text(f"{family}：{told}；原记录保留，注明更正", english)
    return Text(_sentences()[type_], english)


def choice(value: str, column: str = "") -> Text:
    """A code that a field may have: `lone_elder` -> 独居老人, Lone elder."""
    return Text(word(value, column), _ENGLISH.get(value) or value.replace("_", " ").capitalize())


def in_order(codes: Iterable[str]) -> list[str]:
    """Codes as the table of words has them, which goes from the first to the last, or from much to little."""
    return sorted(codes, key=lambda code: (_places().get(code, len(WORDS)), code))


def limit(field: Field) -> Text | None:
    """The limits of an input, as its hint says them."""
    if field.input == "long":
        return Text(f"最多 {field.most:g} 字", f"at most {field.most:g} characters")
    if field.input in ("integer", "number") and field.most is not None and field.most < 1_000_000:
        return Text(f"{field.least or 0:g} 到 {field.most:g}", f"{field.least or 0:g} to {field.most:g}")
    if field.input in ("rows", "photos") and field.most:
        return Text(f"最多 {field.most:g} 项", f"at most {field.most:g}")
    return None


def _both(line: str) -> Text:
    chinese, _, english = line.partition(" | ")
    return Text(chinese, english)


def _own(type_: str) -> Mapping[str, str]:
    """The labels of a type, or those of all families' corrections."""
    return _labels().get(type_) or _labels().get(f"*.{type_.rpartition('.')[2]}") or {}


@cache
def _places() -> Mapping[str, int]:
    return {code: place for place, code in enumerate(WORDS)}


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    """By `field`, `hint`, `title` or event type; then by field, or type."""
    read = _read("labels.toml")
    found: dict[str, dict[str, str]] = {name: read.pop(name) for name in ("field", "hint", "title")}
    for prefix, verbs in read.items():
        found |= {f"{prefix}.{verb}": dict(fields) for verb, fields in verbs.items()}
    return found


@cache
def _sentences() -> Mapping[str, str]:
    return {
        f"{prefix}.{verb}": told
        for families in _read("sentences.toml").values()
        for prefix, verbs in families.items()
        for verb, told in verbs.items()
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("readers.forms").joinpath(name).read_text("utf-8"))
