"""Moments as people write them: a day, a time of Shanghai or of a zone that is named; 24:00 ends a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ledger.limits import EARLIEST, LATEST
from projections.family import SHANGHAI
from projections.read import QuestionRefused

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?P<zone>Z|[+-]\d\d:\d\d)?)?\Z",
    re.ASCII,
)
_ENDS_DAY = re.compile(r"24:00(?::00(?:\.0+)?)?\Z").match
_SHOWN_CHARACTERS = 40


def parse_moment(text: str, field: str, *, day_ends: bool = False) -> datetime:
    """The moment in UTC that a text names: `2024-05-31`, `2024-05-31T24:00`, `2024-05-31T09:00+08:00`.

    Without a zone it is Shanghai's. A day is its beginning, or its end where the day itself is meant to be included
    (`day_ends`). Raises `QuestionRefused`, which names `field`.
    """
    parts = _MOMENT.match(text)
    if parts is None:
        raise _refused(text, field)
    clock, is_next_day = parts["time"] or "00:00", parts["time"] is None and day_ends
    if _ENDS_DAY(clock):
        clock, is_next_day = "00:00", True
    try:
        told = datetime.fromisoformat(f"{parts['day']}T{clock}{parts['zone'] or ''}")
        moment = (told if told.tzinfo else told.replace(tzinfo=SHANGHAI)) + timedelta(days=is_next_day)
        return _bounded(moment, text, field)
    except (ValueError, OverflowError):
        raise _refused(text, field) from None


def _bounded(moment: datetime, text: str, field: str) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise _refused(text, field)
    return moment.astimezone(UTC)


def _refused(text: str, field: str) -> QuestionRefused:
    return QuestionRefused(
        f"{field}：“{text[:_SHOWN_CHARACTERS]}”不是时间 · is no time",
        "写成 2024-05-31、2024-05-31T24:00 或 2024-05-31T09:00+08:00；不写时区即北京时间 · "
        "Write it so; without a zone it is Shanghai's.",
    )
