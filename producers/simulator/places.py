"""How places change: workers, responsible units, brands, party households, pairings and contacts."""

from __future__ import annotations

from producers.simulator.calendar import HOUR, MINUTE
from producers.simulator.county import COUNTY
from producers.simulator.founding import invented_name
from producers.simulator.names import BRANDS
from producers.simulator.people import register
from producers.simulator.registry import paired
from producers.simulator.world import GRID, Life, World

_NETWORKS = ("public_security", "human_resources", "city")


def handover(world: World) -> Life:
    """A grid gets a new worker; the one before leaves the post some days later."""
    number = world.between(0, len(world.county.grids))
    grid, worker = world.county.grids[number], world.new("person")
    community = grid.estate.community
    register(world, worker, ["grid_worker"], community)
    yield world.in_office(30, 600)
    post = {"person": worker, "role": "grid_worker"}
    world.tell("place.staffed", grid.id, community, post | {"chosen": "hired", "full_time": True})
    before = world.workers[number][0]
    world.workers[number][0] = worker
    yield world.in_office(60, 4000)
    world.tell("place.unstaffed", grid.id, community, {"person": before, "role": "grid_worker"})


def redrawing(world: World) -> Life:
    """A grid gets another responsible unit, a place a brand, or another network's grids are merged in."""
    yield 0
    number = world.between(0, len(world.county.grids))
    grid, chance = world.county.grids[number], world.chance()
    community = grid.estate.community
    if chance < 0.4:
        unit = world.responsible[number] = world.pick(world.county.units).id
        world.tell("place.changed", grid.id, community, {"responsible_unit": unit})
    elif chance < 0.6:
        world.tell("place.changed", grid.estate.id, community, {"brand": world.pick(BRANDS)})
    else:
        merged = [f"place/network-{world.seed}-{world.between(0, 900)}" for _ in range(world.between(1, 3))]
        data = {"network": world.pick(_NETWORKS), "from": merged}
        world.tell("place.merged", grid.id, COUNTY, data)


def household(world: World) -> Life:
    """A party member's home becomes a meeting place of the grid (党员中心户); some are given up again."""
    place, grid = world.new("place"), world.pick(world.county.grids)
    name, head = invented_name(world.random), world.pick(world.county.volunteers)
    data = {
        "name": f"{grid.name}党员中心户",
        "household_name": f"{name}家",
        "level": "party_household",
        "parent": grid.id,
    }
    community = grid.estate.community
    world.tell("place.registered", place, community, data)
    yield world.between(MINUTE, HOUR)
    post = {"person": head, "role": "household_head"}
    world.tell("place.staffed", place, community, post | {"chosen": "appointed"})
    if world.chance() < 0.5:
        yield world.in_office(2000, 15_000)
        world.tell("place.unstaffed", place, community, post)
        yield world.between(MINUTE, HOUR)
        world.tell("place.closed", place, community, {"reason": "户主搬迁"})


def contact(world: World) -> Life:
    """A paired unit is in contact with its community or an estate; now and then a pairing is made anew."""
    unit = world.pick(world.county.units)
    yield 0
    if world.chance() > 0.06:
        place = world.pick((unit.community, *unit.estates))
        world.tell("unit.contacted", unit.id, unit.id, {"place": place}, GRID)
        return
    world.tell("unit.unpaired", unit.id, COUNTY, {"community": unit.community, "reason": "结对调整"})
    yield world.in_office(600, 5000)
    type_, subject, authid, data = paired(unit)
    world.tell(type_, subject, authid, data)
