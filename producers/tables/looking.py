"""What an import would do, without any server: rows counted, and the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from producers.tables.checking import Checked
from producers.tables.refusals import RowRefused

ROWS_SHOWN = 5


@dataclass
class Looked:
    """Counts of a table's rows and of the events that they would be; `first_rows` are events as they would be sent."""

    rows: int = 0
    blank: int = 0
    refused: int = 0
    events: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    earliest: datetime | None = None
    latest: datetime | None = None
    first_rows: list[list[dict[str, Any]]] = field(default_factory=list)


def look(
    rows: Iterable[Checked | RowRefused | None],
    on_refused: Callable[[RowRefused], None] = lambda _: None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Looked:
    """Reads the whole table; `on_progress` hears how many rows were read."""
    looked = Looked()
    for row in rows:
        if row is None:
            looked.blank += 1
            continue
        looked.rows += 1
        if isinstance(row, RowRefused):
            looked.refused += 1
            on_refused(row)
        else:
            _count(looked, row)
        if looked.rows % 1_000 == 0:
            on_progress(looked.rows)
    return looked


def _count(looked: Looked, row: Checked) -> None:
    told = row.told
    looked.events.update(one.kind.type for one in row.submissions)
    looked.categories[told.events[0]["data"]["category"]] += 1
    looked.earliest = min(looked.earliest or told.discovered, told.discovered)
    looked.latest = max(looked.latest or told.discovered, told.discovered)
    if len(looked.first_rows) < ROWS_SHOWN:
        looked.first_rows.append(told.events)
