"""Surveys of estates: cards with scores and opinions, remedies of what scored low, and the next survey."""

from __future__ import annotations

from typing import Any, NamedTuple

from producers.simulator.calendar import DAY
from producers.simulator.county import Estate
from producers.simulator.deliberating import collect, meet
from producers.simulator.overdue import CLOCK
from producers.simulator.world import APP, Life, World

_ITEMS = (  # item, method and form, what another method and form would be
    ("保洁", "每日一次", "外包", "每日两次", "自管"),
    ("安保", "两班轮岗", "外包", "三班轮岗", "联勤"),
    ("维修", "报修后三日", "值班", "报修后一日", "上门"),
    ("绿化", "每季养护", "外包", "每月养护", "认养"),
    ("文体活动", "每月一次", "社区组织", "每周一次", "居民自组"),
)
_OPINIONS = ("夜里没有人巡逻", "楼道很少打扫", "维修来得太慢", "活动办得好", "希望多些长椅", "垃圾桶离单元门太近")
_LOW = 72  # what the items of this simulation are held to; the rule judges by itself
_AUTHID = "rule/clocks"


class _Survey(NamedTuple):
    """One survey of an estate, with the level at which each item is rated."""

    subject: str
    estate: Estate
    company: str
    levels: dict[str, int]


def survey(world: World) -> Life:
    """A survey, what follows from it, and the next one a month later."""
    estate, companies = world.pick(world.county.estates), _companies(world)
    company = world.pick(companies)
    levels = {item: world.between(56, 96) for item, *_ in _ITEMS if world.chance() < 0.8}
    first = _Survey(world.new("survey"), estate, company, levels or {"保洁": 70})
    yield from _asked(world, first)
    low = [item for item, level in first.levels.items() if level < _LOW][:2]
    if not low:
        return
    yield world.in_office(300, 2000)
    topics = [collect(world, estate, first.subject, item) for item in low]
    yield world.in_office(300, 2000)
    yield from meet(world, estate, topics)
    for item, topic in zip(low, topics, strict=True):
        yield from _remedied(world, first, item, topic, companies)
    yield world.in_office(20 * 1440, 30 * 1440)
    better = {item: min(level + world.between(2, 18), 98) for item, level in first.levels.items()}
    yield from _asked(world, _Survey(world.new("survey"), estate, company, better))


def _companies(world: World) -> list[str]:
    return [unit.id for unit in world.county.units if unit.kind == "property_company"]


def _asked(world: World, one: _Survey) -> Life:
    """Cards are given out and come back within days; the clock closes it."""
    until = world.now + world.between(4, 9) * DAY
    cards = world.between(3, 28)
    items = [
        {"item": item, "provider": one.company, "method": method, "form": form}
        for item, method, form, *_ in _ITEMS
        if item in one.levels
    ]
    data: dict[str, Any] = {
        "estate": one.estate.id,
        "organiser": one.estate.community,
        "until": world.calendar.text(until),
        "issued": cards + world.between(0, 20),
        "items": items,
    }
    world.tell("survey.opened", one.subject, one.estate.community, data)
    for number in range(cards):
        yield min(world.by_day(20, 600), max(until - world.now - 60, 1))
        _card(world, one, number)
        if world.now >= until - 60:
            break
    yield max(until - world.now, 0)
    world.tell("survey.closed", one.subject, _AUTHID, {}, CLOCK)
    if world.chance() < 0.1:
        yield world.by_day(60, 600)
        _card(world, one, cards)  # too late to count


def _card(world: World, one: _Survey, number: int) -> None:
    scores = [
        {"item": item, "score": max(0, min(100, level + world.between(-14, 15)))}
        for item, level in one.levels.items()
    ]
    data: dict[str, Any] = {"card_no": f"{number + 1:03}", "scores": scores}
    if world.chance() < 0.25:
        data["opinion"] = world.pick(_OPINIONS)
    world.tell("card.submitted", one.subject, "anonymous/card", data, APP)
    if world.chance() < 0.01:
        world.tell("card.submitted", one.subject, "anonymous/card", data, APP)  # a second card of one number


def _remedied(world: World, one: _Survey, item: str, topic: str, companies: list[str]) -> Life:
    """Who does it, how, or in what form is changed; a company goes by the owners' vote, or somebody forgot that."""
    change = world.pick(("provider", "method", "form"))
    other = world.pick([company for company in companies if company != one.company])
    _, _, _, method, form = next(known for known in _ITEMS if known[0] == item)
    to = {"provider": other, "method": method, "form": form}[change]
    yield world.in_office(200, 2000)
    proposed = {"item": item, "topic": topic, "change": change, "to": to}
    world.tell("remedy.proposed", one.subject, one.estate.community, proposed)
    yield world.in_office(1000, 5000)
    if world.chance() < 0.15:
        return
    by_vote = change == "provider" and world.chance() < 0.9
    authority = "owners_vote" if by_vote else "conference"
    world.tell("remedy.adopted", one.subject, one.estate.community, {"item": item, "authority": authority})
    if change == "provider":
        yield world.in_office(300, 3000)
        replaced = {"estate": one.estate.id, "service": item, "by": other, "authority": authority}
        replaced |= {"survey": one.subject, "item": item}
        world.tell("unit.replaced", one.company, one.estate.community, replaced)
