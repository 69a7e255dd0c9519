"""team 队伍: five-colour model members, patrol teams, volunteer teams."""

from __future__ import annotations

from typing import Literal

from ledger.event import Event
from ledger.fields import Name, PersonRef, PlaceRef


class TeamFormed(
    Event,
    type="team.formed",
    term="组建队伍",
    sample={"kind": "five_colour", "colour": "red", "place": "place/yuntai-garden", "name": "红色先锋队"},
):
    """A team was formed (红、橙、紫、蓝、绿“五色模范党员”, 小区巡查队, 志愿者)."""

    kind: Literal["five_colour", "patrol", "volunteer"]
    place: PlaceRef
    colour: Literal["red", "orange", "purple", "blue", "green"] | None = None
    name: Name | None = None


class TeamJoined(Event, type="team.joined", term="入队", sample={"person": "person/wang-55aa"}):
    """Somebody joined the team."""

    person: PersonRef


class TeamLeft(Event, type="team.left", term="离队", sample={"person": "person/wang-55aa"}):
    """Somebody left the team."""

    person: PersonRef
