"""How the county is drawn: from a random stream of its own, so that every seed speaks of the same county."""

from __future__ import annotations

from functools import cache
from random import Random

from producers.simulator.county import Centre, County, Estate, Grid, Person, Team, Unit
from producers.simulator.names import COLOURS, COMMUNITIES, ESTATES, GIVEN, SURNAMES, TOWNS, UNITS

_STREAM = 573
_GRIDS, _WORKERS, _VOLUNTEERS, _RESIDENTS, _TEAMS = 573, 400, 200, 150, 60


@cache
def county() -> County:
    """The county. Built once a process; nobody changes it."""
    random = Random(_STREAM)
    communities = tuple(f"place/{id_}" for id_, _, _ in COMMUNITIES)
    estates = tuple(_estate(random, index, name) for index, name in enumerate(ESTATES))
    units = tuple(_unit(random, index, estates) for index in range(len(UNITS)))
    grids = tuple(_grid(random, index, estates, units) for index in range(_GRIDS))
    members = {unit.id: _members_of(random, unit) for unit in units}
    volunteers = _people(random, "volunteer", _VOLUNTEERS, ["volunteer"])
    residents = _people(random, "resident", _RESIDENTS, ["resident"])
    workers = _people(random, "worker", _WORKERS, ["grid_worker"])
    teams = tuple(_team(random, index, estates, volunteers) for index in range(_TEAMS))
    return County(
        communities, estates, grids, tuple(range(5, _GRIDS, 48)), units,
        tuple(person for some in members.values() for person in some) + workers + volunteers + residents,
        {unit: tuple(person.id for person in some) for unit, some in members.items()},
        tuple(person.id for person in volunteers), tuple(person.id for person in residents), teams,
    )  # fmt: skip


def _estate(random: Random, index: int, name: str) -> Estate:
    id_, _, town = COMMUNITIES[index % len(COMMUNITIES)]
    centre = _near(random, {"longitude": 112.703, "latitude": 40.012}, 0.03)
    return Estate(f"place/estate-{index + 1:02}", name, f"place/{id_}", f"place/{TOWNS[town][0]}", centre)


def _unit(random: Random, index: int, estates: tuple[Estate, ...]) -> Unit:
    kind, name = UNITS[index]
    community = f"place/{COMMUNITIES[index % len(COMMUNITIES)][0]}"
    near = [estate.id for estate in estates if estate.community == community]
    paired = tuple(random.sample(near, random.choice((1, 1, 2, 3))))
    return Unit(f"unit/zy-{index + 1:03}", name, kind, community, paired, index % 20 == 7)


def _grid(random: Random, index: int, estates: tuple[Estate, ...], units: tuple[Unit, ...]) -> Grid:
    estate = estates[index % len(estates)]
    workers = [_worker(index)] + ([_worker(index + 89)] if index % 14 == 0 else [])
    return Grid(
        f"place/grid-{index + 1:03}",
        f"{estate.name}第{index // len(estates) + 1}网格",
        estate.community if index % 20 == 7 else estate.id,
        estate,
        _near(random, estate.centre, 0.002),
        units[index % len(units)].id,
        tuple(workers),
    )


def _worker(index: int) -> str:
    return f"person/worker-{index % _WORKERS + 1:03}"


def _members_of(random: Random, unit: Unit) -> tuple[Person, ...]:
    stem, count = f"member-{unit.id[-3:]}", random.randint(8, 12)
    return _people(random, stem, count, ["in_service_member"], unit)


def _people(random: Random, stem: str, count: int, roles: list[str], unit: Unit | None = None) -> tuple[Person, ...]:
    return tuple(
        Person(
            f"person/{stem}-{number:03}",
            invented_name(random),
            f"1390000{random.randrange(10_000):04}" if random.random() < 0.3 else None,
            roles,
            unit.id if unit else None,
            unit.community if unit else f"place/{COMMUNITIES[number % len(COMMUNITIES)][0]}",
        )
        for number in range(1, count + 1)
    )


def _team(random: Random, index: int, estates: tuple[Estate, ...], volunteers: tuple[Person, ...]) -> Team:
    kind = "five_colour" if index < 40 else "patrol" if index < 50 else "volunteer"
    colour, name = COLOURS[index % 5] if index < 40 else (None, "小区巡查队" if index < 50 else "邻里志愿队")
    members = tuple(person.id for person in random.sample(volunteers, random.randint(2, 4)))
    return Team(f"team/zy-{index + 1:02}", kind, colour, name, estates[index * 3 % len(estates)], members)


def invented_name(random: Random) -> str:
    """A surname and one or two characters; nobody's."""
    return random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2))))


def _near(random: Random, centre: Centre, degrees: float) -> Centre:
    return {name: round(value + random.uniform(-degrees, degrees), 5) for name, value in centre.items()}
