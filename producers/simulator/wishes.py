"""微心愿 and 践诺评诺: small wishes that are claimed and granted, pledges that are kept and reviewed."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.county import Estate
from producers.simulator.kind import BY_DAY, EVEN, WEEKEND, Kind
from producers.simulator.overdue import wait_past
from producers.simulator.world import APP, DESK, Life, World

_WISHES = (
    ("希望有人教我用手机挂号缴费。", "教老人用手机挂号"),
    ("家里水龙头漏水，自己修不了。", "帮老人修水龙头"),
    ("孩子想要一套课外书。", "送孩子一套课外书"),
    ("腿脚不便，想有人陪着去医院复查。", "陪老人去医院复查"),
    ("窗户玻璃够不着，想请人擦一擦。", "帮独居老人擦玻璃"),
    ("想有人周末来陪着下盘棋。", "周末陪老人下棋"),
)
_PLEDGES = ("每月入户走访两户困难家庭。", "带头清理楼道杂物。", "每周义务巡查一次消防通道。", "结对辅导一名学生。")
_RELEASES = ("出差两个月", "近期住院", "已有他人在办")
_UNCLAIMED_DAYS = 15


def wish(world: World) -> Life:
    """One wish; some are taken back, some nobody claims for long, some two parties claim."""
    subject, estate = world.new("wish"), world.pick(world.county.estates)
    wisher, (text, title) = world.resident(), world.pick(_WISHES)
    made = {"place": estate.id, "text": text} | ({"wisher": wisher} if wisher else {})
    world.tell("wish.made", subject, wisher or estate.community, made, APP)
    yield world.in_office(20, 900)
    if world.chance() < 0.03:  # taken back before the desk had looked at it
        world.tell("wish.withdrawn", subject, wisher or estate.community, {"reason": "家人已经办好"}, APP)
        return
    world.tell("wish.published", subject, estate.community, {"title": title}, DESK)
    world.recent["wish"].append(subject)
    fate, due = world.chance(), world.now + _UNCLAIMED_DAYS * DAY
    if fate < 0.05:
        yield world.by_day(600, 6000)
        world.tell("wish.withdrawn", subject, wisher or estate.community, {}, APP)
        return
    if fate < 0.2:
        yield from wait_past(world, due - world.now + world.between(1, 20) * DAY, subject, "unclaimed", due)
        if fate < 0.08:
            return
    else:
        yield world.by_day(20, 5000)
    by = yield from _claim(world, subject)
    yield from _grant(world, subject, by, estate)


def _claimant(world: World) -> str:
    return world.pick(world.county.units).id if world.chance() < 0.4 else world.pick(world.county.volunteers)


def _claim(world: World, subject: str) -> Any:
    """Who has it in the end: the first one, or another one after a release."""
    by, other = _claimant(world), _claimant(world)
    world.tell("wish.claimed", subject, by, {"by": by}, APP)
    if world.chance() < 0.1:  # the second claim is refused by the order of the ledger
        yield world.between(MINUTE, 3 * HOUR)
        world.tell("wish.claimed", subject, other, {"by": other}, APP)
    if world.chance() < 0.1:
        yield world.by_day(300, 4000)
        world.tell("wish.released", subject, by, {"reason": world.pick(_RELEASES)}, APP)
        yield world.by_day(60, 3000)
        by = other
        world.tell("wish.claimed", subject, by, {"by": by}, APP)
    return by


def _grant(world: World, subject: str, by: str, estate: Estate) -> Life:
    span = world.between(1, 5) * 20 * MINUTE
    yield world.by_day(300, 7000) + span
    data: dict[str, Any] = {
        "persons": world.some(world.members[by], 3) if by in world.members else [by],
        "home_visit": world.chance() < 0.7,
        "began": world.text(-span),
        "ended": world.text(),
    }
    if world.recent_acts and world.chance() < 0.06:  # the same deed, told as a volunteer act before
        data["act"] = world.pick(world.recent_acts)
    world.tell("wish.granted", subject, data["persons"][0], data, APP)
    if world.chance() < 0.9:
        yield world.by_day(30, 3000)
        world.tell("wish.confirmed", subject, estate.community, {"score": world.between(70, 101)}, DESK)
    if world.chance() < 0.02:  # a contradiction: told once more
        yield world.by_day(30, 600)
        world.tell("wish.granted", subject, data["persons"][0], data, APP)


def pledge(world: World) -> Life:
    """One pledge of a party member; some are kept late or never, and it is reviewed for that."""
    subject, estate, unit = world.new("pledge"), world.pick(world.county.estates), world.pick(world.county.units)
    person = world.pick(world.members[unit.id])
    due = world.now - world.now % DAY + world.between(5, 36) * DAY + 18 * HOUR
    made = {"person": person, "text": world.pick(_PLEDGES), "due": world.calendar.text(due)}
    world.tell("pledge.made", subject, person, made | {"branch": estate.id, "place": estate.id}, APP)
    fate, left = world.chance(), due - world.now
    if fate < 0.75:
        yield world.between(left // 4, left)
    else:
        yield from wait_past(world, left + world.between(4, 200) * HOUR, subject, "due", due, person)
    if fate < 0.92:
        world.tell("pledge.kept", subject, person, {}, APP)
    for _ in range(world.between(0, 3)):
        yield world.in_office(300, 8000)
        by = "branch" if world.chance() < 0.35 else "residents"
        score = world.between(75, 101) if fate < 0.92 else world.between(20, 70)
        world.tell("pledge.reviewed", subject, estate.community, {"by": by, "score": score}, DESK)


KINDS = (Kind(wish, 3.6, BY_DAY, EVEN), Kind(pledge, 1.8, BY_DAY, WEEKEND))
