"""How units are assessed: points from town and communities, contests and rulings, adopted rules, closed periods."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from producers.simulator.calendar import DAY, HOUR
from producers.simulator.county import COUNTY, County, Unit
from producers.simulator.kind import OFFICE, WORKDAYS, Kind
from producers.simulator.names import COMMUNITIES, TOWNS
from producers.simulator.registry import Entry
from producers.simulator.world import APP, DESK, Life, World

_ITEMS = (
    ("联席会出席", 10),
    ("资源开放", 10),
    ("服务项目兑现", 20),
    ("宣传阵地共建", 5),
    ("党员双报到组织", 15),
    ("应急响应", 10),
    ("共驻共建活动", 10),
    ("信息报送", 5),
)
_A_TIME = 2  # items that one assessor scores at once: four rounds before any comes again
_BONUS, _DEDUCTIONS = ("经验交流", "上级表彰", "救灾支援"), ("迟报信息", "通报批评", "活动缺席")
_REASONS = ("已派副职参会", "活动当天另有县级任务", "服务记录已补交", "该项不属于本单位职责")
_NOTES = ("本季度表现稳定", "请对照清单整改", None, None, None)
_RULES = ("credit", "three_rates", "unit_assessment", "workload")
_PARTITIONS = 12


def founding_assessing(_: County) -> Iterator[Entry]:
    """The county adopts its three rates; a first draft had a window that no version of the rule can read."""
    since = "2024-01-01T00:00:00+08:00"
    for version, window in (("2023-12", "noon"), ("2024-1", 720)):
        yield Entry("rule.adopted", "rule/three_rates", COUNTY, _adopted(version, since, window), 0)


def adoption(world: World) -> Life:
    """The county confirms its three rates from tomorrow on, figures as they were (规则重申)."""
    yield world.between(0, HOUR)
    version = f"2024-{world.new('rule').partition('/')[2]}"
    world.tell("rule.adopted", "rule/three_rates", COUNTY, _adopted(version, world.text(DAY - world.now % DAY)), DESK)


def _adopted(version: str, since: str, window_closes: int | str = 720) -> dict[str, Any]:
    parameters = {
        "response_weight": 10,
        "resolution_weight": 50,
        "satisfaction_weight": 40,
        "fairly_worth": 0.9,
        "window_closes_minute": window_closes,
        "rated_by": ["call_back"],
    }
    return {
        "rule": "three_rates",
        "name": "zuoyun",
        "version": version,
        "title": "接诉即办三率（左云）",
        "effective_from": since,
        "parameters": parameters,
        "sources": {name: "县委办〔2023〕41号（模拟）" for name in parameters},
    }


def assessment(world: World) -> Life:
    """A unit's month: a town and a community or two score it, and it contests some of that (协同考核)."""
    yield world.between(0, 2 * HOUR)
    number = int(world.new("assessment").rpartition("-")[2]) - 1
    unit = world.county.units[number % len(world.county.units)]
    first = number // len(world.county.units) * _A_TIME
    items = [_ITEMS[(first + step) % len(_ITEMS)] for step in range(_A_TIME)]
    month = world.text()[:7] if world.chance() < 0.3 else _month_before(world)
    subject = f"assessment/{unit.id.partition('/')[2]}~{month}"
    for assessor, tier in _assessors(world, unit):
        for item, most in items:
            points = _points(world, unit, most)
            _score(world, subject, assessor, tier, (item, "points", points, most))
            if points < most * 0.7 and world.chance() < 0.4:
                world.begin(_contest(world, subject, assessor, item, most, unit), world.in_office(200, 6000))
        if world.chance() < 0.06:
            _score(world, subject, assessor, tier, (world.pick(_BONUS), "bonus", world.between(1, 6) / 2, 5))
        if world.chance() < (0.3 if unit.tardy else 0.03):
            _score(world, subject, assessor, tier, (world.pick(_DEDUCTIONS), "deduction", world.between(1, 5) / 2, 0))
        yield world.in_office(60, 3000)
    if world.chance() < 0.02:
        _score(world, subject, unit.community, "community", (items[0][0], "points", 0.0, items[0][1]))  # scored twice


def _assessors(world: World, unit: Unit) -> list[tuple[str, str]]:
    town = next(TOWNS[index][0] for id_, _, index in COMMUNITIES if f"place/{id_}" == unit.community)
    found = [(f"place/{town}", "town"), (unit.community, "community")]
    if world.chance() < 0.2:
        found.append((world.pick(world.county.communities), "community"))
    return list(dict.fromkeys(found[: 1 if world.chance() < 0.02 else 3]))  # now and then a tier is missing


def _points(world: World, unit: Unit, most: int) -> float:
    least = 0.35 if unit.tardy else 0.65
    return round(2 * most * (least + (1 - least) * world.chance())) / 2


def _score(world: World, subject: str, assessor: str, tier: str, told: tuple[str, str, float, float]) -> None:
    item, kind, points, most = told
    data: dict[str, Any] = {"assessor": assessor, "tier": tier, "item": item, "kind": kind}
    data |= {"points": points, "max": most}
    if note := world.pick(_NOTES):
        data["note"] = note
    world.tell("assessment.scored", subject, assessor, data, DESK)


def _contest(world: World, subject: str, assessor: str, item: str, most: int, unit: Unit) -> Life:
    """The unit disputes a score; most are ruled on within days, half of these upheld."""
    point = {"assessor": assessor, "item": item}
    world.tell("assessment.contested", subject, unit.id, {**point, "by": unit.id, "reason": world.pick(_REASONS)}, APP)
    if world.chance() < 0.2:
        return
    yield world.in_office(1500, 15_000)
    upheld = world.chance() < 0.5
    ruled: dict[str, Any] = {**point, "upheld": upheld}
    if upheld and world.chance() < 0.8:
        ruled["points"] = most * 0.9
    world.tell("assessment.ruled", subject, COUNTY, ruled, DESK)


def closing(world: World) -> Life:
    """The figures of a place's last month are published (考核期结账); a few are closed a second time."""
    yield world.between(0, HOUR)
    scopes = [COUNTY, *(f"place/{id_}" for id_, _ in TOWNS), *world.county.communities]
    scope = scopes[int(world.new("period").rpartition("-")[2]) % len(scopes)]
    subject = f"period/{scope.partition('/')[2]}~{_month_before(world)}"
    data = {
        "scope": scope,
        "rules": [{"rule": rule, "version": "2024-1"} for rule in _RULES],
        "cut": [world.now // HOUR + world.between(0, 40) for _ in range(_PARTITIONS)],
        "sha256": sha256(f"{subject} {world.seed}".encode()).hexdigest(),
    }
    world.tell("period.closed", subject, scope, data, DESK)
    if world.chance() < 0.1:
        yield world.in_office(600, 6000)
        world.tell("period.closed", subject, scope, data, DESK)


def _month_before(world: World) -> str:
    year, month = int(world.text()[:4]), int(world.text()[5:7])
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"


KINDS = (
    Kind(adoption, 0.07, OFFICE, WORKDAYS),
    Kind(assessment, 4.2, OFFICE, WORKDAYS),
    Kind(closing, 0.3, OFFICE, WORKDAYS),
)
