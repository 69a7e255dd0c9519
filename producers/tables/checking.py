"""Rows held to the catalogue before any of them is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.errors import EventRefused
from ledger.submission import Submission, check
from producers.tables.facts import Event, Facts, Told
from producers.tables.head import Head
from producers.tables.reading import Row
from producers.tables.refusals import RowRefused, of_event

_FIELDS = {
    "/data/external/number": "number",
    "/data/text": "text",
    "/data/category": "category",
    "/data/place": "place",
    "/data/measures": "measures",
    "/data/into": "duplicate_of",
    "/data/handle_due": "due",
    "/data/sign_in_due": "due",
    "/data/due": "due",
    "/data/to": "owner",
    "/data/units": "owner",
    "/subject": "number",
    "/id": "number",
}
_TIMES = {"case.whistled": "assigned", "case.dispatched": "assigned", "case.overdue": "due", "case.rated": "rated"}
_ENDS = ("case.handled", "case.merged", "case.withdrawn")


class Checked(NamedTuple):
    """A sound row with its events, those of units that it names first."""

    told: Told
    submissions: list[Submission]


def checked_rows(
    rows: Iterable[Row | RowRefused], head: Head, facts: Facts, now: datetime
) -> Iterator[Checked | RowRefused | None]:
    """What each row tells; None for a blank one. `now` bounds the times of events."""
    for row in rows:
        if isinstance(row, RowRefused):
            yield row
        elif head.is_blank(row):
            yield None
        else:
            yield _checked(row, head, facts, now)


def _checked(row: Row, head: Head, facts: Facts, now: datetime) -> Checked | RowRefused:
    try:
        told = facts.of(row)
    except RowRefused as refused:
        return refused
    submissions = []
    for event in (*told.units, *told.events):
        try:
            submissions.append(check(event, now))
        except EventRefused as refused:
            facts.give_back(told.units)
            return of_event(refused, head.name_of(_field_of(event, refused.pointer)), row.number)
    return Checked(told, submissions)


def _field_of(event: Event, pointer: str) -> str:
    """Which field of the mapping an event was refused for; what stands for none is named as it is."""
    if pointer == "/time":
        return "closed" if event["type"] in _ENDS else _TIMES.get(event["type"], "discovered")
    return _FIELDS.get(pointer, pointer)
