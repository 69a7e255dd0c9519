"""How people come, go and change: absences, newcomers, those known already, transfers between units."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY
from producers.simulator.founding import invented_name
from producers.simulator.names import COLOURS
from producers.simulator.world import APP, Life, World

_FEWEST_MEMBERS = 4


def absence(world: World) -> Life:
    """Somebody can't be given work for a while; a grid worker's cases go to others."""
    if world.chance() < 0.5:
        person = world.pick(world.pick(world.workers))
    else:
        person = world.pick(world.members[world.pick(world.county.units).id])
    yield 0
    begins, span = world.between(0, 2 * DAY), world.between(1, 8) * DAY // 2
    world.away[person] = world.now + begins + span
    data = {"from": world.text(begins), "until": world.text(begins + span)}
    world.tell("person.away", person, person, data, APP)
    yield begins + span
    if world.away.get(person, 0) <= world.now:
        world.away.pop(person, None)


def newcomer(world: World) -> Life:
    """A volunteer registers, forms or joins a team, and may leave both; some turn out to be known already."""
    person, community = world.new("person"), world.pick(world.county.communities)
    register(world, person, ["volunteer"], community)
    if world.chance() < 0.2:
        yield world.in_office(600, 6000)
        world.tell("person.merged", person, community, {"into": world.pick(world.county.volunteers)})
        return
    yield world.by_day(30, 2000)
    team = world.pick(world.county.teams).id if world.chance() < 0.7 else _form_team(world, person)
    world.tell("team.joined", team, person, {"person": person}, APP)
    if world.chance() < 0.5:
        yield world.by_day(3000, 15_000)
        world.tell("team.left", team, person, {"person": person}, APP)
        if world.chance() < 0.7:
            yield world.by_day(60, 3000)
            world.tell("person.left", person, community, {"reason": "搬离本县"})


def register(world: World, person: str, roles: list[str], community: str) -> None:
    """A person enters the registry, with an invented name."""
    data: dict[str, Any] = {"name": invented_name(world.random), "roles": roles, "community": community}
    if world.chance() < 0.4:
        data["phone"] = f"1390000{world.between(0, 10_000):04}"
    world.tell("person.registered", person, community, data)


def _form_team(world: World, by: str) -> str:
    team, estate = world.new("team"), world.pick(world.county.estates)
    colour, name = world.pick(COLOURS)
    if world.chance() < 0.5:
        data = {"kind": "five_colour", "place": estate.id, "colour": colour, "name": name}
    else:
        data = {"kind": "volunteer", "place": estate.id, "name": f"{estate.name}志愿队"}
    world.tell("team.formed", team, by, data, APP)
    return team


def transfer(world: World) -> Life:
    """A member goes to another unit and reports to its community anew; a volunteer moves house."""
    yield 0
    if world.chance() < 0.4:
        person, community = world.pick(world.county.volunteers), world.pick(world.county.communities)
        world.tell("person.changed", person, person, {"community": community}, APP)
        return
    here, there = world.pick(world.county.units), world.pick(world.county.units)
    members = world.members[here.id]
    if here != there and len(members) > _FEWEST_MEMBERS:
        person = members.pop(world.between(0, len(members)))
        world.members[there.id].append(person)
        world.tell("person.changed", person, there.id, {"unit": there.id})
