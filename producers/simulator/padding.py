"""Cases that a worker tells and settles within minutes (刷分): what the gaming flags are there to find."""

from __future__ import annotations

from producers.simulator.calendar import MINUTE
from producers.simulator.cases import lighten, tell_dispatched
from producers.simulator.discovery import said
from producers.simulator.kind import OFFICE, WORKDAYS, Kind
from producers.simulator.matter import Matter, handle
from producers.simulator.topics import TOPICS
from producers.simulator.world import GRID, Life, World


def burst(world: World) -> Life:
    """Half a dozen small cases of one worker, all within the hour."""
    grid = world.pick(world.county.busy)
    worker = world.workers[grid][0]
    for _ in range(world.between(5, 8)):
        matter = Matter(world.new("case"), grid, world.pick(TOPICS), "suggestion", "ordinary", None, worker)
        matter.due = world.now + matter.handle_seconds(world)
        place = {"place": world.county.grids[grid].id, "reporter": worker}
        world.tell("case.discovered", matter.subject, worker, said(world, matter, "patrol") | place, GRID)
        tell_dispatched(world, matter, [{"person": worker, "load": world.load.get(worker, 0)}])
        yield world.between(MINUTE, 3 * MINUTE)
        world.tell("case.accepted", matter.subject, worker, {}, GRID)
        yield world.between(MINUTE, 3 * MINUTE)
        handle(world, matter, resolved=True)
        lighten(world, matter)


KINDS = (Kind(burst, 0.4, OFFICE, WORKDAYS),)
