"""patrol 小区巡查: one stream is one round of a patrol team, an entry of its work ledger (工作台账)."""

from __future__ import annotations

from ledger.event import Event
from ledger.fields import PersonRefs, PlaceRef, Quantity, TeamRef, Time


class PatrolMadeBefore(
    Event,
    type="patrol.made",
    term="巡查",
    sample={
        "team": "team/patrol-1",
        "place": "place/yuntai-garden",
        "members": ["person/wang-55aa", "person/li-7f3a"],
        "began": "2024-05-11T14:00:00+08:00",
        "ended": "2024-05-11T15:30:00+08:00",
    },
):
    """A team patrolled a place (小区巡查)."""

    team: TeamRef
    place: PlaceRef
    members: PersonRefs
    began: Time
    ended: Time


class PatrolMade(
    Event,
    type="patrol.made",
    version=2,
    renamed={"members": "persons"},
    term="巡查",
    sample={
        "team": "team/patrol-1",
        "place": "place/yuntai-garden",
        "persons": ["person/wang-55aa", "person/li-7f3a"],
        "metres": 2400,
        "began": "2024-05-11T14:00:00+08:00",
        "ended": "2024-05-11T15:30:00+08:00",
    },
):
    """A team patrolled a place (小区巡查).

    `persons` took part, whether they belong to the team or not; `metres` is the length of the way (巡查里程).
    """

    team: TeamRef
    place: PlaceRef
    persons: PersonRefs
    began: Time
    ended: Time
    metres: Quantity | None = None
