"""What stands in a cell: texts, times with their zone, and words that the mapping gives a meaning to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from ledger.refusal import NOT_SHOWN
from producers.tables.mapping import DEFAULT
from producers.tables.reading import Cell
from producers.tables.refusals import RowRefused

V = TypeVar("V")
_DAY = timedelta(days=1)
_DATE = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_CLOCK = r"[ T]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})秒?|分)?"
_numbers = re.compile(rf"{_DATE}(?:{_CLOCK})?\Z").match
_day_only = re.compile(r"\D*\d{1,4}\D+\d{1,2}\D+\d{1,4}\D*\Z").match


class Texts:
    """Cells as trimmed texts; what the mapping calls empty is nothing."""

    def __init__(self, empty: Sequence[str]) -> None:
        self._empty = frozenset(empty)

    def of(self, cell: Cell) -> str:
        """The text, "" for nothing. Whole numbers have no decimal point, as people see them."""
        if isinstance(cell, str):
            text = cell.strip()
        elif cell is None:
            return ""
        elif isinstance(cell, float) and cell.is_integer():
            text = str(int(cell))
        else:
            text = str(cell)
        return "" if text in self._empty else text


class Times:
    """Cells as times: ISO 8601, dates as people in China write them, and the formats of the mapping."""

    def __init__(self, formats: Sequence[str], zone: tzinfo) -> None:
        self._formats, self._zone = formats, zone

    def of(self, column: str, cell: Cell, text: str, *, ends: bool = False) -> datetime:
        """The time in UTC; of a day alone its beginning, or where it `ends` its last second. Raises `RowRefused`."""
        try:
            found, is_day = self._read(cell, text)
            if is_day and ends:
                found = found + _DAY - timedelta(seconds=1)
            return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            english = "no time: ISO 8601, 2024/5/11 9:30, or add its format to `times`"
            raise RowRefused(
                column, text, "time_unreadable", "不是时间：可在对照表的 times 中加上格式", english
            ) from None

    def _read(self, cell: Cell, text: str) -> tuple[datetime, bool]:
        """The time, and whether it is a whole day."""
        if isinstance(cell, datetime):
            return cell, False
        if isinstance(cell, date):
            return datetime.combine(cell, time()), True
        try:
            return datetime.fromisoformat(text), len(text) <= 10
        except ValueError:
            pass
        if found := _numbers(text):
            year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
            return datetime(year, month, day, hour, minute, second), found[4] is None
        return self._by_format(text), _day_only(text) is not None

    def _by_format(self, text: str) -> datetime:
        for one in self._formats:
            try:
                return datetime.strptime(text, one)
            except ValueError:
                continue
        raise ValueError(text)


def meant(column: str, text: str, meanings: Mapping[str, V], codes: Mapping[str, V]) -> V:
    """What a value means: as the mapping says, the code that it is, or what `*` says. Raises `RowRefused`."""
    for known, key in ((meanings, text), (codes, text), (meanings, DEFAULT)):
        if key in known:
            return known[key]
    english = f"not in the mapping; codes are {', '.join(codes)}"
    raise RowRefused(column, text, "value_not_mapped", "对照表中没有这个值", english)


def degrees(column: str, text: str, most: int) -> float:
    """A longitude or latitude. Raises `RowRefused`, which shows nothing of it."""
    try:
        found = float(text)
        if math.fabs(found) <= most:  # not of what is no number either
            return found
    except ValueError:
        pass
    chinese, english = f"不是 -{most} 至 {most} 的度数", f"no degrees from -{most} to {most}"
    raise RowRefused(column, NOT_SHOWN, "degrees_wrong", chinese, english)
