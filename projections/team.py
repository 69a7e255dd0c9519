"""team: five-colour model members, patrol and volunteer teams (五色模范党员, 巡查队, 志愿服务队)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.team import TeamFormed, TeamJoined, TeamLeft
from ledger.record import Record
from projections.family import Share, State, Tally

VERSION = 1
MEMBERS = 500

team_place = Tally("team_place", ("place", "kind"), ("teams", "members"))
TALLIES = (team_place,)

TeamEvent = TeamFormed | TeamJoined | TeamLeft


class Team(State, frozen=True):
    """One team as it is now; `members` sorted."""

    kind: str | None = None
    colour: str | None = None
    place: str | None = None
    name: str | None = None
    members: tuple[str, ...] = ()
    formed_at: datetime | None = None


def evolve(team: Team, record: Record[TeamEvent]) -> Team:
    """Members may join before the team is formed."""
    match record.event:
        case TeamFormed(kind=kind, colour=colour, place=place, name=name):
            formed_at = team.formed_at or record.time
            return replace(team, kind=kind, colour=colour, place=place, name=name, formed_at=formed_at)
        case TeamJoined(person=person):
            if person in team.members or len(team.members) >= MEMBERS:
                return team
            return replace(team, members=tuple(sorted((*team.members, person))))
        case TeamLeft(person=person):
            return replace(team, members=tuple(member for member in team.members if member != person))
        case _:
            assert_never(record.event)


def anomaly(team: Team, record: Record[TeamEvent]) -> str | None:
    """Why the event makes no sense for this team as it was before."""
    match record.event:
        case TeamFormed() if team.formed_at:
            return "formed twice"
        case TeamJoined(person=person) if person in team.members:
            return "joined twice"
        case TeamJoined() if len(team.members) >= MEMBERS:
            return f"over {MEMBERS} members in one team"
        case TeamLeft(person=person) if person not in team.members:
            return "left a team without being a member"
    return None


def contribute(team: Team) -> Iterator[Share]:
    """A formed team counts at its place."""
    if team.place and team.kind:
        yield team_place.share(team.place, team.kind, teams=1, members=len(team.members))
