"""What the county is made of: places, units, people and teams, as they stand before life begins."""

from __future__ import annotations

from typing import NamedTuple

COUNTY = "place/zuoyun"
Centre = dict[str, float]


class Estate(NamedTuple):
    """An estate (小区) with its community and town."""

    id: str
    name: str
    community: str
    town: str
    centre: Centre


class Grid(NamedTuple):
    """A grid (微网格) with its responsible unit and first workers. `parent`: its estate or community."""

    id: str
    name: str
    parent: str
    estate: Estate
    centre: Centre
    unit: str
    workers: tuple[str, ...]


class Unit(NamedTuple):
    """A unit (驻区单位) and whom it is paired with. `tardy` ones come late when they are called."""

    id: str
    name: str
    kind: str
    community: str
    estates: tuple[str, ...]
    tardy: bool


class Person(NamedTuple):
    """Somebody in the registry. The name is invented."""

    id: str
    name: str
    phone: str | None
    roles: list[str]
    unit: str | None
    community: str


class Team(NamedTuple):
    """A volunteer, patrol or five-colour team with its members."""

    id: str
    kind: str
    colour: str | None
    name: str
    place: Estate
    members: tuple[str, ...]


class County(NamedTuple):
    """Everything that is registered before life begins."""

    communities: tuple[str, ...]
    estates: tuple[Estate, ...]
    grids: tuple[Grid, ...]
    busy: tuple[int, ...]
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    members: dict[str, tuple[str, ...]]
    volunteers: tuple[str, ...]
    residents: tuple[str, ...]
    teams: tuple[Team, ...]
