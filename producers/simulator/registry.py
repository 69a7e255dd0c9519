"""The registry told as events: who and what is there, in the first hours, the same for every seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from producers.simulator.calendar import DAY, HOUR
from producers.simulator.county import COUNTY, County, Grid, Person, Team, Unit
from producers.simulator.names import COMMUNITIES, TOWNS

SPACING_SECONDS = 5  # 3,800 events in little over five hours, done before people wake
_STREAM = 89
_LATE = 0.01


class Entry(NamedTuple):
    """One registration: what, about whom, told by whom, and how much later than its time it arrives."""

    type: str
    subject: str
    authid: str
    data: dict[str, Any]
    late_seconds: int


def entries(county: County) -> Iterator[Entry]:
    """Every registration in order: what is spoken of comes before what speaks of it, save for a few."""
    random = Random(_STREAM)
    for type_, subject, authid, data in _all(county):
        late = random.randrange(2 * HOUR, 2 * DAY) if random.random() < _LATE else 0
        yield Entry(type_, subject, authid, data, late)


_Told = tuple[str, str, str, dict[str, Any]]


def _all(county: County) -> Iterator[_Told]:
    yield from _upper_places()
    for unit in county.units:
        yield "unit.registered", unit.id, COUNTY, {"name": unit.name, "kind": unit.kind}
    for estate in county.estates:
        data = {"name": estate.name, "level": "estate", "parent": estate.community, "centre": estate.centre}
        yield "place.registered", estate.id, estate.community, data
    for grid in county.grids:
        yield _grid(grid)
    for person in county.people:
        yield _person(person)
    for grid in county.grids:
        yield from _staff(grid)
    for estate, unit in zip(county.estates, county.units, strict=False):
        secretary = county.members[unit.id][0]
        data = {"person": secretary, "role": "branch_secretary", "chosen": "elected_by_owners"}
        yield "place.staffed", estate.id, estate.community, data
    for unit in county.units:
        yield paired(unit)
    for team in county.teams:
        yield from _team(team)


def _upper_places() -> Iterator[_Told]:
    yield "place.registered", COUNTY, COUNTY, {"name": "左云县", "level": "county"}
    for id_, name in TOWNS:
        yield "place.registered", f"place/{id_}", COUNTY, {"name": name, "level": "town", "parent": COUNTY}
    for id_, name, town in COMMUNITIES:
        parent = f"place/{TOWNS[town][0]}"
        data = {"name": name, "level": "community", "parent": parent}
        yield "place.registered", f"place/{id_}", parent, data


def _grid(grid: Grid) -> _Told:
    data = {
        "name": grid.name,
        "level": "grid",
        "parent": grid.parent,
        "centre": grid.centre,
        "responsible_unit": grid.unit,
        "networks": ["party", "public_security"],
    }
    return "place.registered", grid.id, grid.estate.community, data


def _person(person: Person) -> _Told:
    data: dict[str, Any] = {"name": person.name, "roles": person.roles, "community": person.community}
    if person.phone:
        data["phone"] = person.phone
    if person.unit:
        data["unit"] = person.unit
    return "person.registered", person.id, person.unit or person.community, data


def _staff(grid: Grid) -> Iterator[_Told]:
    for number, worker in enumerate(grid.workers):
        data = {"person": worker, "role": "grid_worker", "chosen": "appointed", "full_time": number == 0}
        yield "place.staffed", grid.id, grid.estate.community, data


def paired(unit: Unit) -> _Told:
    """The pairing of a unit with its community and estates (1+1, N+1)."""
    mode = "1+1" if len(unit.estates) == 1 else "N+1"
    data = {"mode": mode, "community": unit.community, "estates": list(unit.estates)}
    return "unit.paired", unit.id, unit.community, data


def _team(team: Team) -> Iterator[_Told]:
    data: dict[str, Any] = {"kind": team.kind, "place": team.place.id, "name": team.name}
    if team.colour:
        data["colour"] = team.colour
    yield "team.formed", team.id, team.place.community, data
    for person in team.members:
        yield "team.joined", team.id, person, {"person": person}
