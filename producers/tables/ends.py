"""How a row's case ended, if it has: handled, withdrawn, or continued in another one."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from producers.tables.head import Fields
from producers.tables.refusals import RowRefused


class End(NamedTuple):
    """When it ended; `into` is the number that it continues in."""

    at: datetime
    into: str = ""
    is_withdrawn: bool = False


def end_of(fields: Fields, duplicate_of: str) -> End | None:
    """None while it is open. What the status says goes before a time of closing. Raises `RowRefused`."""
    status, closed = fields.word("status"), fields.time("closed")
    if duplicate_of:
        at = closed or fields.time("assigned") or fields.time("discovered")
        return End(at, duplicate_of) if at else None
    if status == "open" or (status is None and closed is None):
        return None
    if closed is None:
        english = "ended without a time: which column is `closed`?"
        column, text = fields.name_of("status"), fields.text("status")
        raise RowRefused(column, text, "end_without_time", "已结束但没有时间", english)
    return End(closed, is_withdrawn=status == "withdrawn")
