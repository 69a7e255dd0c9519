"""Topics and conferences: collected in an estate, put before the six parties, decided, carried out, solved."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY
from producers.simulator.county import Estate
from producers.simulator.overdue import wait_past
from producers.simulator.topics import TOPICS
from producers.simulator.world import APP, DESK, Life, World

_PARTIES = (
    "party_branch",
    "two_committees",
    "owners_committee",
    "property_company",
    "law_enforcement",
    "police",
)
_TALKS = ("residents_council", "residents_council", "heart_to_heart", "joint")


def deliberation(world: World) -> Life:
    """Problems of an estate are collected for some days, then its six parties meet and decide on all of them."""
    estate, topics = world.pick(world.county.estates), []
    for _ in range(world.between(1, 5)):
        yield world.by_day(30, 1500)
        topics.append(collect(world, estate))
    yield world.in_office(300, 3000)
    yield from meet(world, estate, topics)


def collect(world: World, estate: Estate, survey: str | None = None, item: str | None = None) -> str:
    """A topic is collected, from residents or because an item of a survey scored low."""
    topic, subject = world.pick(TOPICS), world.new("topic")
    by = estate.community if survey else world.pick(world.county.volunteers)
    data: dict[str, Any] = {
        "estate": estate.id,
        "category": "物业服务" if survey else topic.category,
        "by": by,
        "title": f"{item}打分偏低，研究整改" if item else world.pick(topic.problems),
    }
    if survey and item:
        data |= {"survey": survey, "item": item}
    elif world.recent_cases and world.chance() < 0.15:
        data["case"] = world.pick(world.recent_cases)
    world.tell("topic.collected", subject, by, data, DESK if survey else APP)
    return subject


def meet(world: World, estate: Estate, topics: list[str]) -> Life:
    """A six-party conference on the topics; what is agreed goes its own way."""
    conference = world.new("conference")
    called = {"kind": "six_party", "place": estate.id}
    world.tell("conference.convened", conference, estate.community, called)
    yield world.in_office(1000, 6000)
    _hold(world, conference, estate, [party for party in _PARTIES if world.chance() < 0.9])
    for topic in topics:
        world.tell("topic.tabled", topic, estate.community, {"conference": conference})
    yield world.between(600, 7200)
    for topic in topics:
        world.begin(_decided(world, topic, estate))


def _hold(world: World, conference: str, estate: Estate, parties: list[str]) -> None:
    attendance = [{"party": party, "persons": world.between(1, 5)} for party in parties]
    for unit in world.pick_units(world.pick((0, 0, 1, 1, 2))):
        attendance.append({"unit": unit, "persons": world.between(1, 3)})
    came = {world.pick(world.county.volunteers) for _ in range(world.between(2, 8))}
    resident = world.pick(world.county.residents)
    data = {"attendance": attendance, "participants": sorted({*came, resident})}
    world.tell("conference.held", conference, estate.community, data)
    if world.chance() < 0.01:
        world.tell("conference.held", conference, estate.community, data)  # a contradiction: told twice


def _decided(world: World, topic: str, estate: Estate) -> Life:
    chance, decider = world.chance(), estate.community
    if chance < 0.1:
        world.tell("topic.decided", topic, decider, {"outcome": "deferred"})
        yield world.in_office(5000, 20_000)
    elif chance < 0.14:
        world.tell("topic.decided", topic, decider, {"outcome": "rejected"})
        return
    elif chance < 0.18:
        world.tell("topic.decided", topic, decider, {"outcome": "referred", "responsible": _unit(world)})
        return
    responsible, due = _unit(world), world.now + world.between(3, 21) * DAY
    agreed = {"outcome": "agreed", "responsible": responsible, "due": world.calendar.text(due)}
    world.tell("topic.decided", topic, decider, agreed)
    late = world.chance() < 0.15
    wait = due - world.now + world.between(DAY, 9 * DAY) if late else world.between(DAY, due - world.now)
    yield from wait_past(world, wait, topic, "carry_out", due, responsible)
    world.tell("topic.carried_out", topic, responsible, {})
    if world.chance() < 0.95:
        yield world.by_day(60, 4000)
        resident = world.pick(world.county.residents)
        world.tell("topic.solved", topic, resident, {"confirmed_by": resident}, APP)
        if world.chance() < 0.02:
            world.tell("topic.solved", topic, resident, {"confirmed_by": resident}, APP)  # a contradiction


def _unit(world: World) -> str:
    return world.pick(world.county.units).id


def talk(world: World) -> Life:
    """居民议事会, 民情恳谈会 or a joint conference, without topics of its own."""
    conference, estate = world.new("conference"), world.pick(world.county.estates)
    kind = world.pick(_TALKS)
    place = estate.community if kind == "joint" else estate.id
    world.tell("conference.convened", conference, estate.community, {"kind": kind, "place": place})
    yield world.by_day(1000, 6000)
    if world.chance() < 0.93:  # some are called and never held
        _hold(world, conference, estate, ["party_branch", "two_committees"])
