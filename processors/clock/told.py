"""What the clock tells when a deadline ran out: an ordinary event whose time is the due time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from projections.family import Deadline

SOURCE = "urn:shanzhi:clock"
AUTHID = "rule/clocks"
Event = dict[str, Any]
LEVELS = ("grid", "community", "town")
_is_party = re.compile(r"(?:person|unit)/").match


def told(
    subject: str, deadline: Deadline, due: datetime, rule: str, escalates_to: str | None,
    levels: Sequence[str] = LEVELS,
) -> Iterator[Event]:  # fmt: skip
    """The events of one deadline, in order. `escalates_to` is the place that hears of an overdue case, if any.

    `levels` are those of a mediation. Nothing for the last: its days end with all of them, and that is another clock.
    """
    clock = deadline.clock
    match subject.partition("/")[0]:
        case "mediation" if clock == "level":
            if to := dict(pairwise(levels)).get(deadline.key):
                yield _event("mediation.escalated", subject, deadline, due, {"to": to, "by": SOURCE, "rule": rule})
        case "curtain" if clock in ("by_time", "knock"):
            type_ = "curtain.missed" if clock == "by_time" else "curtain.unanswered"
            yield _event(type_, subject, deadline, due, {"due": due.isoformat(), "rule": rule})
        case "survey" if clock == "until":
            yield _event("survey.closed", subject, deadline, due, {})
        case family:
            yield _event(f"{family}.overdue", subject, deadline, due, _overdue(deadline, due, rule))
            if escalates_to:
                yield _event("case.escalated", subject, deadline, due, {"to": escalates_to, "rule": rule})


def _overdue(deadline: Deadline, due: datetime, rule: str) -> dict[str, Any]:
    data = {"clock": deadline.clock, "due": due.isoformat(), "rule": rule}
    if deadline.key:
        data["key"] = deadline.key
    if deadline.holder and _is_party(deadline.holder):
        data["holder"] = deadline.holder
    return data


def _event(type_: str, subject: str, deadline: Deadline, due: datetime, data: dict[str, Any]) -> Event:
    """Its id is made of what ran out and when, so that two clocks that tell the same tell it once."""
    name = f"{type_} {subject} {deadline.clock} {deadline.key} {due.isoformat()}"
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"{SOURCE} {name}")),
        "source": SOURCE,
        "type": type_,
        "subject": subject,
        "time": due.isoformat(),
        "authid": AUTHID,
        "data": data,
    }
