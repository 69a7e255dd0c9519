"""What stands in the county and changes slowly: facilities, parties that serve, leaders, regulations, councils."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from producers.simulator.county import COUNTY, County, Estate
from producers.simulator.founding import invented_name
from producers.simulator.registry import Entry
from producers.simulator.watching import CAMERAS

LEADERS = tuple(f"person/leader-{number:02}" for number in range(1, 41))
BODIES = ("party_committee", "peoples_congress", "government", "cppcc")
REGULATIONS = (
    ("grid_mechanism", "党建引领网格治理工作运行机制"),
    ("owners_committee_routine", "业委会日常工作制度"),
    ("branch_duties", "小区党支部工作职责"),
    ("branch_liaison", "小区党支部联系制度"),
)
NETWORKS = ("snow_bright", "sky_net", "wise_eye")
CATEGORIES = ("alliance_cadre", "social_worker", "delegate", "volunteer", "resident")
_STREAM, _LATE = 24, 0.01
_SEATS, _ALLIES, _GRID_LINKS = 18, 120, 6
_Told = tuple[str, str, str, dict[str, Any]]


def founding_standing(county: County) -> Iterator[Entry]:
    """Everything of this that is there before life begins, the same for every seed; a few are told late."""
    random = Random(_STREAM)
    parts = (_leaders, _facilities, _parties, _regulations, _councils, _alliance, _cameras)
    for part in parts:
        for type_, subject, authid, data in part(county, random):
            late = random.randrange(7200, 172_800) if random.random() < _LATE else 0
            yield Entry(type_, subject, authid, data, late)


def _leaders(county: County, random: Random) -> Iterator[_Told]:
    for leader in LEADERS:
        yield "person.registered", leader, COUNTY, {"name": invented_name(random), "roles": ["leader"]}
    places = [*county.communities, *(estate.id for estate in county.estates)]
    places += [grid.id for grid in county.grids[::_GRID_LINKS]]
    for number, place in enumerate(places):
        turn = number % len(LEADERS)
        yield "place.linked", place, COUNTY, {"leader": LEADERS[turn], "body": BODIES[turn % 4]}


def _facilities(county: County, random: Random) -> Iterator[_Told]:
    located = {estate.community: {"location": estate.centre} for estate in county.estates}
    for community in county.communities:
        centre = {"facility": "centre", "kind": "party_mass_centre", "functions": ["党员活动", "便民服务"]}
        yield "facility.opened", community, community, centre | located[community]
        window = {"facility": "window", "kind": "service_window", "hours": "每日 8:00–20:00"} | located[community]
        yield "facility.opened", community, community, window
    for community in county.communities[:5]:
        data = {"facility": "centre", "functions": ["党员活动", "便民服务", "一老一小", "文化"]}
        yield "facility.upgraded", community, community, data
    for number, estate in enumerate(county.estates):
        for kind in _kinds_of(number):
            opened = {"facility": kind, "kind": kind, "location": _near(estate, random)}
            yield "facility.opened", estate.id, estate.community, opened


def _kinds_of(number: int) -> Iterator[str]:
    """23 red harbours, and of the others as many as small towns have."""
    shares = (("red_harbour", 4, 23), ("service_home", 6, 15), ("activity_room", 3, 89), ("square", 4, 89))
    for kind, every, most in (*shares, ("daily_life", 2, 89)):
        if number % every == 0 and number // every < most:
            yield kind


def _near(estate: Estate, random: Random) -> dict[str, float]:
    return {name: round(value + random.uniform(-0.002, 0.002), 6) for name, value in estate.centre.items()}


def _parties(county: County, random: Random) -> Iterator[_Told]:
    """Most estates have their company and committee; “两委”, 执法队 and 民警 serve whole communities."""
    by_kind = {kind: [unit.id for unit in county.units if unit.kind == kind] for kind in PARTY_OF}
    for number, community in enumerate(county.communities):
        yield "place.served", community, community, {"party": "two_committees", "by": county.volunteers[number]}
        for kind in ("law_enforcement", "police"):
            by = by_kind[kind][number % len(by_kind[kind])]
            yield "place.served", community, community, {"party": kind, "by": by}
    for number, estate in enumerate(county.estates):
        if random.random() < 0.85:
            by = by_kind["property_company"][number % len(by_kind["property_company"])]
            yield "place.served", estate.id, estate.community, {"party": "property_company", "by": by}
        if random.random() < 0.6:
            by = county.residents[number % len(county.residents)]
            yield "place.served", estate.id, estate.community, {"party": "owners_committee", "by": by}


PARTY_OF = ("property_company", "law_enforcement", "police")


def _regulations(county: County, random: Random) -> Iterator[_Told]:
    (mechanism, title), *others = REGULATIONS
    for community in county.communities:
        data = {"regulation": mechanism, "kind": mechanism, "title": title}
        yield "regulation.issued", community, community, data
    for estate in county.estates:
        for kind, title in others:
            if random.random() < 0.6:
                data = {"regulation": kind, "kind": kind, "title": f"{estate.name}{title}"}
                yield "regulation.issued", estate.id, estate.community, data


def council_of(community: str) -> str:
    """The council of a community."""
    return f"council/{community.removeprefix('place/')}"


def _councils(county: County, random: Random) -> Iterator[_Told]:
    for community in county.communities:
        council = council_of(community)
        yield "council.formed", council, community, {"community": community}
        near = [unit for unit in county.units if unit.community == community]
        for seat in range(_SEATS):
            unit = near[seat % len(near)]
            person = county.members[unit.id][1 + seat // len(near)]
            data = {"person": person, "role": "member" if seat else "chair", "unit": unit.id}
            yield "council.seated", council, community, data


def _alliance(county: County, random: Random) -> Iterator[_Told]:
    for unit in county.units[::2]:
        yield "alliance.joined", unit.id, unit.community, {"category": "unit"}
    allies = random.sample([*county.volunteers, *county.residents], _ALLIES)
    for number, person in enumerate(allies):
        yield "alliance.joined", person, COUNTY, {"category": CATEGORIES[number % len(CATEGORIES)]}


def _cameras(county: County, random: Random) -> Iterator[_Told]:
    for number in range(CAMERAS):
        estate = county.estates[number % len(county.estates)]
        data = {"network": NETWORKS[number % 3], "place": estate.id, "location": _near(estate, random)}
        yield "camera.registered", f"camera/zy-{number + 1:03}", estate.community, data
