"""矛盾纠纷“三级七天调解法”: a dispute from grid to community to town, in a day, three days, seven days."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from producers.simulator.calendar import DAY, HOUR
from producers.simulator.county import Grid
from producers.simulator.kind import BY_DAY, EVEN, Kind
from producers.simulator.overdue import CLOCK
from producers.simulator.world import APP, DESK, GRID, Life, World

_CHANNELS = ("wish_mailbox", "wish_mailbox", "window", "grid", "grid", "grid", "case")
_CAUSES = ("楼上漏水", "停车位归属", "装修噪声", "物业费", "公共露台", "宠物扰民", "邻里口角")
_METHODS = ("sentiment", "sentiment", "reason", "reason", "law", "litigation_guidance")
_AGREEMENTS = ("双方达成一致并签字。", "一周内修好并赔偿粉刷费用。", "错开装修时间，互相谅解。")
_LEVELS = (("grid", DAY, "community"), ("community", 2 * DAY, "town"), ("town", 4 * DAY, None))
_SETTLED_THERE = 0.52
_CLOCK_AUTHID, _RULE = "rule/clocks", "2024-1"


class _Dispute(NamedTuple):
    subject: str
    mediator: str
    grid: Grid
    parties: tuple[str, str]


def mediation(world: World) -> Life:
    """One dispute from its opening to the follow-up."""
    dispute = _open(world)
    yield world.by_day(20, 300)
    _meet(world, dispute)
    if world.chance() < 0.08 and not (yield from _comes_round(world, dispute)):
        return
    is_settled = yield from _through_the_levels(world, dispute)
    if not is_settled:
        failed = {"to": world.pick(("litigation", "litigation", "arbitration", "administrative", "none"))}
        world.tell("mediation.failed", dispute.subject, dispute.mediator, failed, DESK)
        return
    _settle(world, dispute)
    if world.chance() < 0.7:
        yield world.in_office(3 * 1440, 15 * 1440)
        holds = {"holds": world.chance() < 0.93}
        world.tell("mediation.followed_up", dispute.subject, dispute.mediator, holds, DESK)
    elif world.chance() < 0.05:
        yield world.in_office(60, 3000)
        _settle(world, dispute)  # a contradiction: settled twice


def _open(world: World) -> _Dispute:
    number = world.between(0, len(world.county.grids))
    grid, mediator, channel = world.county.grids[number], world.workers[number][0], world.pick(_CHANNELS)
    household = world.between(0, 4000)
    parties = (f"household/{world.seed}-{household}", f"household/{world.seed}-{household + 1}")
    dispute = _Dispute(world.new("mediation"), mediator, grid, parties)
    cause = world.pick(_CAUSES)
    opened: dict[str, Any] = {
        "channel": channel,
        "place": grid.id if world.chance() < 0.6 else grid.estate.id,
        "cause": cause,
        "parties": list(parties),
        "text": f"双方因{cause}多次争执，请帮助调解。",
        "mediator": mediator,
        "remote": channel == "wish_mailbox",
    }
    if channel != "grid":
        opened["first_responsible"] = mediator
    world.tell("mediation.opened", dispute.subject, mediator, opened, APP if opened["remote"] else GRID)
    return dispute


def _meet(world: World, dispute: _Dispute) -> None:
    method = {"method": world.pick(_METHODS)}
    world.tell("mediation.met", dispute.subject, dispute.mediator, method, GRID)


def _comes_round(world: World, dispute: _Dispute) -> Generator[int, None, bool]:
    """A party refuses, and a few of them come round later."""
    yield world.by_day(20, 400)
    refused = {"party": world.pick(dispute.parties)}
    world.tell("mediation.refused", dispute.subject, dispute.mediator, refused, GRID)
    if world.chance() > 0.3:
        return False
    yield world.by_day(300, 1200)
    _meet(world, dispute)
    return True


def _through_the_levels(world: World, dispute: _Dispute) -> Generator[int, None, bool]:
    """Whether it was settled, at whatever level; the clock takes it up where time ran out, now and then a person."""
    for level, span, to in _LEVELS:
        due = world.now + span
        if level != "grid" and world.chance() < 0.25:
            due = yield from _agree(world, dispute, due)
        if world.chance() < _SETTLED_THERE:
            yield world.between(HOUR, max(2 * HOUR, due - world.now))
            return True
        by_a_person = to is not None and world.chance() < 0.2
        yield (due - world.now) // 2 if by_a_person else due - world.now
        if to is None:
            break
        told_by = dispute.mediator if by_a_person else _CLOCK_AUTHID
        data = {"to": to, "by": told_by} | ({} if by_a_person else {"rule": _RULE})
        world.tell("mediation.escalated", dispute.subject, told_by, data, GRID if by_a_person else CLOCK)
        yield world.by_day(10, 120)
        _meet(world, dispute)
    overdue = {"clock": "total", "due": world.text(), "rule": _RULE, "holder": dispute.mediator}
    world.tell("mediation.overdue", dispute.subject, _CLOCK_AUTHID, overdue, CLOCK)
    yield world.in_office(300, 5000)
    return world.chance() < 0.3


def _agree(world: World, dispute: _Dispute, due: int) -> Generator[int, None, int]:
    """The parties agree on a pause or on more time; the due that follows."""
    span = world.between(1, 6) * DAY
    if world.chance() < 0.5:
        data = {"until": world.text(span), "reason": "一方外出"}
        world.tell("mediation.paused", dispute.subject, dispute.mediator, data, GRID)
        yield span
    else:
        data = {"due": world.calendar.text(due + span), "reason": "等待检测结果"}
        world.tell("mediation.extended", dispute.subject, dispute.mediator, data, GRID)
    return due + span


def _settle(world: World, dispute: _Dispute) -> None:
    settled = {"agreement": world.pick(_AGREEMENTS), "judicial_confirmation": world.chance() < 0.12}
    world.tell("mediation.settled", dispute.subject, dispute.mediator, settled, DESK)


KINDS = (Kind(mediation, 2.8, BY_DAY, EVEN),)
