"""What a pack is about, and which events belong to it. Pure: records come in, and the rule is the one of `RULE`."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from projections.read.period import Period

MATTERS = frozenset(
    ("act", "activity", "application", "case", "duty", "hazard", "mediation", "notice", "order", "task", "topic",
     "visit", "wish")
)  # fmt: skip
"""Families of which one stream tells of one matter, and so belongs into a pack as a whole."""

RULE = (
    "指名本对象的事件（主体、数据或属性中写有其编号）；一案的直接起因和直接后果；这些事件所属事项的全部经过"
    "（事项类别见 matters）。地点、单位、人员等登记类主体只取指名的那几条。",
    "Events that name it, as subject, in their data or in an attribute; what directly caused events of the case or was "
    "directly caused by them; all that was told of the matters of these events (families: matters). Of registers "
    "(places, units, people and the like) only the events that name it.",
)
"""Which events a pack holds, as it says itself, in Chinese and in English."""

_REFERENCE = re.compile(rb'"([a-z]+/[A-Za-z0-9._~-]{1,120})"').findall


class About(NamedTuple):
    """A case, or a unit or place over a period by the events' time; `names` are all references that stand for it.

    A place stands for itself and what lies below it today.
    """

    kind: str
    subject: str
    names: frozenset[bytes]
    period: Period | None = None


class _Lean(Struct, gc=False):
    time: datetime
    subject: str
    id: str
    type: str
    correlationid: str | None = None
    causationid: str | None = None


_decode = msgspec.json.Decoder(_Lean).decode


class Kin:
    """The ids by which events hang together with those of a case: their own, and those of their causes."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.causes: set[str] = set()

    def add(self, value: bytes) -> None:
        """Takes in an event of the case itself."""
        event = _decode(value)
        self.ids.add(event.id)
        self.causes |= {one for one in (event.causationid, event.correlationid) if one is not None}

    def has(self, event: Any) -> bool:
        """Whether an event caused one of them or was caused by one."""
        return event.id in self.causes or event.causationid in self.ids or event.correlationid in self.ids


def told_subject(about: About, kin: Kin, value: bytes) -> str | None:
    """The subject of an event that belongs into the pack by itself, None of any other."""
    names = about.names.intersection(_REFERENCE(value))
    if not names and not kin.ids:
        return None
    event = _decode(value)
    if about.period and not about.period.starts <= event.time < about.period.ends:
        return None
    return event.subject if names or kin.has(event) else None


def whole_streams(subjects: Collection[str]) -> list[str]:
    """Those of the subjects whose streams tell of one matter."""
    return sorted(one for one in subjects if one.partition("/")[0] in MATTERS)
