"""What a dispute adds to its place by day, channel and level, to its mediator, and to the methods that were tried."""

from __future__ import annotations

from collections.abc import Iterator

from projections.family import Share, Tally, day_of, minutes_between
from projections.mediation_state import Mediation

_MEASURES = ("opened", "open", "settled", "failed", "refused", "settle_minutes")
mediation_day = Tally(
    "mediation_day",
    ("place", "channel", "level", "day"),
    (*_MEASURES, "remote", "met", "judicially_confirmed", "followed_up", "holding"),
)
mediation_method = Tally("mediation_method", ("place", "method", "day"), ("meetings",))
mediation_person = Tally("mediation_person", ("person", "day"), _MEASURES)
TALLIES = (mediation_day, mediation_method, mediation_person)


def contribute(mediation: Mediation) -> Iterator[Share]:
    """A dispute counts on the day on which it was opened, at the level that it came to; a meeting on its own day."""
    if not (mediation.opened_at and mediation.place and mediation.channel and mediation.mediator and mediation.level):
        return
    day, settled_at = day_of(mediation.opened_at), mediation.settled_at
    counts = {
        "opened": 1,
        "open": mediation.is_open,
        "settled": settled_at is not None,
        "failed": mediation.failed_at is not None,
        "refused": mediation.refused_at is not None,
        "settle_minutes": minutes_between(mediation.opened_at, settled_at) if settled_at else 0,
    }
    yield mediation_day.share(
        mediation.place,
        mediation.channel,
        mediation.level,
        day,
        **counts,
        remote=bool(mediation.remote),
        met=len(mediation.meetings) > 0,
        judicially_confirmed=settled_at is not None and bool(mediation.judicial_confirmation),
        followed_up=settled_at is not None and mediation.followed_up_at is not None,
        holding=settled_at is not None and bool(mediation.holds),
    )
    yield mediation_person.share(mediation.mediator, day, **counts)
    for meeting in mediation.meetings:
        yield mediation_method.share(mediation.place, meeting.method, day_of(meeting.at), meetings=1)
