"""care 结对帮扶: who helps whom, how often they went there, and who is in help now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.care import CareEnded, CarePaired, CareVisited
from ledger.record import Record
from projections.family import Share, State, Tally, day_of

VERSION = 1

_MEASURES = ("pairs", "in_help", "visited", "visits", "ended")
care_day = Tally("care_day", ("place", "care_group", "day"), _MEASURES)
care_party = Tally("care_party", ("party", "care_group", "day"), _MEASURES)
care_recipient = Tally("care_recipient", ("place", "care_group", "recipient"), ("pairs", "in_help"))
TALLIES = (care_day, care_party, care_recipient)

CareEvent = CarePaired | CareVisited | CareEnded


class Care(State, frozen=True):
    """One pairing; `recipient` is opaque."""

    paired_at: datetime | None = None
    helper: str | None = None
    recipient: str | None = None
    care_group: str | None = None
    place: str | None = None
    visits: int = 0
    last_visited_at: datetime | None = None
    ended_at: datetime | None = None


def evolve(care: Care, record: Record[CareEvent]) -> Care:
    """A pairing that is told again has the helper told last, and begins anew where it had ended.

    An end or a visit that comes before the pairing is kept, so that a pairing told late is over if it is over.
    """
    time = record.time
    match record.event:
        case CarePaired(helper=helper, recipient=recipient, group=group, place=place):
            ended_at = None if care.paired_at else care.ended_at
            return replace(
                care,
                paired_at=care.paired_at or time,
                helper=helper,
                recipient=recipient,
                care_group=group,
                place=place,
                ended_at=ended_at,
            )
        case CareVisited():
            last = time if care.last_visited_at is None else max(care.last_visited_at, time)
            return replace(care, visits=care.visits + 1, last_visited_at=last)
        case CareEnded():
            return replace(care, ended_at=care.ended_at or time)
        case _:
            assert_never(record.event)


def anomaly(care: Care, record: Record[CareEvent]) -> str | None:
    """Why the event makes no sense for this pairing as it was before."""
    match record.event:
        case CarePaired() if care.paired_at and care.ended_at is None:
            return "paired twice"
        case CareVisited() | CareEnded() if care.paired_at is None:
            return "came before they were paired"
        case CareVisited() if care.ended_at and care.ended_at < record.time:
            return "visited after it ended"
        case CareEnded() if care.ended_at:
            return "ended twice"
    return None


def contribute(care: Care) -> Iterator[Share]:
    """A pairing counts on the day on which it began, with all that became of it; a recipient once, however often."""
    if not (care.paired_at and care.place and care.care_group and care.helper and care.recipient):
        return
    day, in_help = day_of(care.paired_at), care.ended_at is None
    counts = {
        "pairs": 1,
        "in_help": in_help,
        "visited": care.visits > 0,
        "visits": care.visits,
        "ended": not in_help,
    }
    yield care_day.share(care.place, care.care_group, day, **counts)
    yield care_party.share(care.helper, care.care_group, day, **counts)
    yield care_recipient.share(care.place, care.care_group, care.recipient, pairs=1, in_help=in_help)
