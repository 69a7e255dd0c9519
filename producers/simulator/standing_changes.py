"""How what stands in the county changes: facilities, parties, leaders, regulations, seats, and who joins in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from producers.simulator.county import COUNTY, Estate
from producers.simulator.deliberating import deliberation, talk
from producers.simulator.kind import AROUND_THE_CLOCK, BY_DAY, EVEN, OFFICE, WORKDAYS, Kind
from producers.simulator.standing import BODIES, CATEGORIES, LEADERS, PARTY_OF, REGULATIONS, council_of
from producers.simulator.surveys import survey
from producers.simulator.topics import TOPICS
from producers.simulator.watching import alert, notice
from producers.simulator.world import APP, GRID, Life, World


def change(world: World) -> Life:
    """One thing of an estate changes."""
    return world.pick(_CHANGES)(world, world.pick(world.county.estates))


def _upgrade(world: World, estate: Estate) -> Life:
    yield 0
    data = {"facility": "centre", "functions": ["综合窗口", "便民食堂", "书屋"]}
    world.tell("facility.upgraded", estate.community, estate.community, data)


def _room(world: World, estate: Estate) -> Life:
    """An activity room opens, and some are given up again."""
    facility = f"room-{world.seed}-{world.between(0, 10_000)}"
    opened: dict[str, Any] = {"facility": facility, "kind": "activity_room", "functions": ["棋牌", "阅览"]}
    world.tell("facility.opened", estate.id, estate.community, opened | {"location": estate.centre})
    yield world.in_office(2000, 20_000)
    if world.chance() < 0.6:
        world.tell("facility.closed", estate.id, estate.community, {"facility": facility, "reason": "房屋到期"})


def _company(world: World, estate: Estate) -> Life:
    """A party withdraws and another one follows; where nobody does, there is a gap."""
    party = world.pick(PARTY_OF)
    units = [unit.id for unit in world.county.units if unit.kind == party]
    before, after = world.pick(units), world.pick(units)
    world.tell("place.served", estate.id, estate.community, {"party": party, "by": before})
    yield world.in_office(1000, 9000)
    world.tell("place.unserved", estate.id, estate.community, {"party": party, "by": before})
    if world.chance() < 0.7:
        yield world.in_office(60, 3000)
        world.tell("place.served", estate.id, estate.community, {"party": party, "by": after})


def _leader(world: World, estate: Estate) -> Life:
    """Another leader takes over for a while."""
    number = world.between(0, len(LEADERS))
    leader = LEADERS[number]
    world.tell("place.linked", estate.id, COUNTY, {"leader": leader, "body": BODIES[number % 4]})
    yield world.in_office(3000, 20_000)
    world.tell("place.unlinked", estate.id, COUNTY, {"leader": leader})


def _rule(world: World, estate: Estate) -> Life:
    """A regulation is issued, revised, and perhaps repealed."""
    kind, title = world.pick(REGULATIONS)
    name = f"{kind}-{world.seed}-{world.between(0, 10_000)}"
    issued = {"regulation": name, "kind": kind, "title": f"{estate.name}{title}"}
    world.tell("regulation.issued", estate.id, estate.community, issued)
    yield world.in_office(500, 5000)
    world.tell("regulation.revised", estate.id, estate.community, {"regulation": name, "title": f"{title}（修订）"})
    if world.chance() < 0.7:
        yield world.in_office(500, 5000)
        world.tell("regulation.repealed", estate.id, estate.community, {"regulation": name})


_CHANGES: tuple[Callable[[World, Estate], Life], ...] = (_upgrade, _room, _company, _leader, _rule)


def rash(world: World) -> Life:
    """A company is replaced without any remedy behind it; the town goes on calling it, and then its successor."""
    estate = world.pick(world.county.estates)
    companies = [unit.id for unit in world.county.units if unit.kind == "property_company"]
    gone, by = world.random.sample(companies, 2)
    yield 0
    data = {"estate": estate.id, "service": "物业", "by": by, "authority": "conference"}
    world.tell("unit.replaced", gone, estate.community, data)
    yield world.in_office(600, 4000)
    topic, case = world.pick(TOPICS), world.new("case")
    discovered = {
        "channel": "window",
        "demand": topic.demands[0],
        "category": topic.category,
        "urgency": "ordinary",
        "place": estate.id,
        "text": topic.problems[0],
    }
    world.tell("case.discovered", case, estate.community, discovered)
    for whistle, unit in (("w1", gone), ("w2", by)):
        yield world.in_office(60, 900)
        called = {"whistle": whistle, "by": estate.town, "kind": "ordinary"}
        world.tell("case.whistled", case, estate.town, called | {"units": [{"unit": unit, "part": "lead"}]})
    yield world.in_office(300, 3000)
    handled = {"by": by, "resolved": True, "measures": topic.measures[0], "whistle": "w2"}
    world.tell("case.handled", case, by, handled, GRID)


def seat(world: World) -> Life:
    """Somebody gives up a seat on a council, and another member of a unit takes one."""
    unit = world.pick(world.county.units)
    council, person = council_of(unit.community), world.pick(world.members[unit.id])
    world.tell("council.seated", council, unit.community, {"person": person, "role": "member", "unit": unit.id})
    yield world.in_office(4000, 20_000)
    world.tell("council.left", council, person, {"person": person, "reason": "工作调动"}, APP)


def ally(world: World) -> Life:
    """Somebody joins the alliance; now and then a unit does, or somebody a second time."""
    yield 0
    if world.chance() < 0.1:
        unit = world.pick(world.county.units)
        world.tell("alliance.joined", unit.id, unit.community, {"category": "unit"})
        return
    person = world.pick(world.county.residents if world.chance() < 0.5 else world.county.volunteers)
    world.tell("alliance.joined", person, person, {"category": world.pick(CATEGORIES)}, APP)


KINDS = (
    Kind(alert, 6, AROUND_THE_CLOCK, EVEN),
    Kind(notice, 12, BY_DAY, EVEN),
    Kind(deliberation, 2.3, BY_DAY, EVEN),
    Kind(talk, 1.5, BY_DAY, EVEN),
    Kind(survey, 1, OFFICE, WORKDAYS),
    Kind(change, 2.4, OFFICE, WORKDAYS),
    Kind(rash, 0.6, OFFICE, WORKDAYS),
    Kind(seat, 0.4, OFFICE, WORKDAYS),
    Kind(ally, 1, BY_DAY, EVEN),
)
