"""The options of read models as parameters of an address: what each may be, and what is made of its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args, get_type_hints

from ledger.limits import EARLIEST, LATEST
from projections import read
from projections.rules import Parameters
from projections.rules.preset import presets
from readers.api.problems import Problem, refused

TEXT_CHARACTERS = 200
PERIOD = r"^\d{4}(-\d\d(-\d\d)?)?(\.\.\d{4}(-\d\d(-\d\d)?)?)?$"
_OF_A_RULE = ("rule", "credit", "clocks")
Kind = Literal["text", "place", "unit", "person", "subject", "choice", "choices", "flag", "time", "period"]


@dataclass(frozen=True)
class Option:
    """One option: `about` in both languages, the words that it can be where it is not free, its example."""

    name: str
    kind: Kind
    about: str
    choices: tuple[str, ...] = ()
    example: str = ""


_ABOUT: Mapping[str, tuple[Kind, str, str]] = {
    "place": ("place", "地点及其下级 · a place and all below it", "place/xicheng"),
    "unit": ("unit", "单位 · a unit", "unit/zy-001"),
    "person": ("person", "人员（责任方也可为单位、地点） · a person, or a party", "person/zy-0001"),
    "subject": ("subject", "单个主体 · one subject", "case/7"),
    "level": ("choice", "按哪一级汇总 · rolled up to this level", ""),
    "tree": ("choice", "today 今日区划，then 当日区划 · the tree of today, or of each day", ""),
    "by": ("choices", "分组 · grouped by", ""),
    "period": ("period", "时段 · 2024, 2024-05, 2024-05-11, 2024-03..2024-05", "2024-05"),
    "as_of": ("time", "时刻，带时区 · a time with its zone", "2024-05-11T12:00:00+08:00"),
    "is_open": ("flag", "只看未结或已结 · only open ones, or only the others", ""),
    "overdue": ("flag", "只看超期 · only overdue ones", ""),
    "rule": ("text", "规则预设 · a preset of the rule", ""),
    "credit": ("text", "一事一记预设 · a preset of the rule of credits", ""),
    "clocks": ("text", "时限预设 · a preset of the clocks", ""),
    "family": ("text", "事件族 · a family of events: case, wish …", "case"),
    "reason": ("text", "异常原因 · the reason, in its own words", ""),
    "system": ("text", "对方系统 · the other system", "12345"),
    "number": ("text", "对方编号 · its number there", ""),
    "kind": ("text", "类别 · the kind", ""),
    "flag": ("text", "迹象 · the sign", ""),
}


@cache
def options_of(model: read.ReadModel) -> Mapping[str, Option]:
    """By name, all but `limit`, which every question has."""
    choices = read.choices_of(model)
    found = {}
    for name in read.options_of(model):
        if name == "limit":
            continue
        kind, about, example = _ABOUT.get(name, ("text", name, ""))
        words = _presets(model, name) or choices.get(name, ())
        if words:
            kind = "choices" if isinstance(model, read.Board) and name == "by" else "choice"
        found[name] = Option(name, kind, about, words, example)
    return found


def parsed(model: read.ReadModel, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The options as the read model takes them. Raises `Problem` for what it can't take."""
    known = options_of(model)
    found: dict[str, Any] = {}
    for name, text in given:
        option = known.get(name)
        if option is None:
            raise _unknown(model, name, known)
        value = _PARSERS[option.kind](option, text)
        if option.kind == "choices":
            found.setdefault(name, []).extend(value)
        elif name in found:
            raise refused(name, text, f"{name} 给了两次 · is given twice", "只给一次 · Give it once.")
        else:
            found[name] = value
    if isinstance(groups := found.get("by"), list) and len(groups) > len(set(groups)):
        raise refused("by", ",".join(groups), "by 有重复 · names a grouping twice", "每个只写一次 · Name each once.")
    return found


def _unknown(model: read.ReadModel, name: str, known: Mapping[str, Option]) -> Problem:
    near = get_close_matches(name, [*known, "limit", "cursor", "format", "after", "wait"], n=1, cutoff=0.5)
    guess = f"是不是 {near[0]}？· Perhaps {near[0]}? " if near else ""
    return refused(
        name[:TEXT_CHARACTERS], "",
        f"{model.title}没有选项 {name[:40]} · {model.name} takes no {name[:40]}",
        f"{guess}可用 · It takes {', '.join((*known, 'limit'))}.",
    )  # fmt: skip


def _presets(model: read.ReadModel, name: str) -> tuple[str, ...]:
    """The shipped presets of the rule that an option is of."""
    if name not in _OF_A_RULE or not isinstance(model, read.Question):
        return ()
    kinds = {kind.rule for kind in _parameters_in(get_type_hints(model.ask)[name])}
    return tuple(one.name for one in presets() if one.rule in kinds)


def _parameters_in(hint: Any) -> set[type[Parameters]]:
    if isinstance(hint, type) and issubclass(hint, Parameters):
        return {hint}
    return {found for part in get_args(hint) for found in _parameters_in(part)}


def _text(option: Option, text: str) -> str:
    if not 0 < len(text) <= TEXT_CHARACTERS or not text.isprintable():
        raise refused(
            option.name, text,
            f"{option.name} 须为 1 至 {TEXT_CHARACTERS} 个可见字符 · takes 1 to {TEXT_CHARACTERS} printable characters",
            "改正后再试 · Correct it.",
        )  # fmt: skip
    return text


_is_subject = re.compile(r"[a-z]+/[A-Za-z0-9._~-]{1,120}\Z", re.ASCII).match


def _reference(option: Option, text: str) -> str:
    kind = "" if option.kind in ("subject", "person") else option.kind
    if not _is_subject(text) or not text.startswith(kind):
        raise refused(
            option.name, text, f"{option.name} 不是编号 · “{text[:60]}” is no id",
            f"写成 · Write it like {option.example}.",
        )  # fmt: skip
    return text


def _choice(option: Option, text: str) -> str:
    if text not in option.choices:
        near = get_close_matches(text, option.choices, n=1, cutoff=0.5)
        guess = f"是不是 {near[0]}？· Perhaps {near[0]}? " if near else ""
        raise refused(
            option.name, text, f"{option.name} 没有“{text[:40]}” · there is no {option.name} {text[:40]}",
            f"{guess}可选 · Choose one of {', '.join(option.choices)}.",
        )  # fmt: skip
    return text


def _choices(option: Option, text: str) -> list[str]:
    return [_choice(option, one) for one in text.split(",")]


def _flag(option: Option, text: str) -> bool:
    if text not in ("true", "false"):
        raise refused(option.name, text, f"{option.name} 只能是 true 或 false", "Give true or false.")
    return text == "true"


def _time(option: Option, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text) if len(text) <= TEXT_CHARACTERS else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not EARLIEST <= time <= LATEST:
        raise refused(
            option.name, text, f"{option.name} 不是带时区的时刻 · “{text[:60]}” is no time with a zone",
            f"写成 · Write it like {option.example}, from {EARLIEST.year} to {LATEST.year}.",
        )  # fmt: skip
    return time.astimezone(UTC)


def _period(option: Option, text: str) -> read.Period:
    try:
        period = read.parse_period(text[:TEXT_CHARACTERS])
    except read.QuestionRefused as error:
        raise refused(option.name, text, f"时段“{text[:60]}”不对 · {error.what}", error.remedy) from None
    if not EARLIEST <= period.starts <= period.ends <= LATEST:
        years = f"{EARLIEST.year} – {LATEST.year - 1}"
        raise refused(option.name, text, f"时段“{text[:60]}”太远 · is too far away", f"{years}.")
    return period


_PARSERS: Mapping[Kind, Callable[[Option, str], Any]] = {
    "text": _text,
    "place": _reference,
    "unit": _reference,
    "person": _reference,
    "subject": _reference,
    "choice": _choice,
    "choices": _choices,
    "flag": _flag,
    "time": _time,
    "period": _period,
}
