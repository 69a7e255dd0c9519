"""左云县：社区“微治理”. Its figures of 2024, told event by event: the ground, who is linked with it, and its brands."""

from __future__ import annotations

from producers.simulator.names import COMMUNITIES, ESTATES
from producers.simulator.reports.alliance import alliance
from producers.simulator.reports.county import centre, person, place, unit
from producers.simulator.reports.resources import orders, organisations, three_lists, window
from producers.simulator.reports.script import Script, on, spread, turn
from producers.simulator.reports.tickets import tickets

SOURCE = "urn:example:zuoyun-platform"
GRIDS, LEADERS, WORKERS = 573, 32, 120
_BODIES = ("party_committee", "government", "peoples_congress", "cppcc")
_NETWORKS = ("public_security", "human_resources", "city")
_UNITS = (
    "财政局", "教育局", "民政局", "人社局", "住建局", "城管局", "自然资源局", "交通局", "水务局",
    "农业农村局", "文旅局", "卫健局", "应急局", "审计局", "市场监管局", "统计局", "医保局", "行政审批局",
    "司法局", "信访局", "退役军人局", "能源局", "工信局", "发改局", "税务局", "组织部", "宣传部", "统战部",
    "政法委", "总工会", "团县委", "妇联",
)  # fmt: skip


def zuoyun() -> Script:
    """The whole year of the county."""
    script = Script("zy24", SOURCE)
    county = place(script, "county", "左云县", "county", None)
    town = place(script, "town", "云兴镇", "town", county)
    communities = [
        place(script, f"community-{number}", title, "community", town, centre=centre(script, number * 12))
        for number, (_, title, _) in enumerate(COMMUNITIES, 1)
    ]
    estates = [
        place(script, f"estate-{number}", "云泰园小区" if number == 0 else title, "estate", turn(communities, number),
              centre=centre(script, number))
        for number, title in enumerate(ESTATES)
    ]  # fmt: skip
    units = [unit(script, number, f"左云县{title}", "government", county) for number, title in enumerate(_UNITS)]
    grids = _grids(script, estates, units)
    workers = _workers(script, grids)
    _leaders(script, [*communities, *estates, *grids])
    _pairs(script, communities, estates, units)
    _bases(script, communities, estates)
    members = alliance(script, communities, units)
    tickets(script, town, grids, workers, units)
    orders(script, communities, estates, units, members)
    organisations(script, communities, units)
    three_lists(script, communities, units)
    window(script, communities)
    _elders_and_children(script, grids[0], workers[0])
    return script


def _grids(script: Script, estates: list[str], units: list[str]) -> list[str]:
    """573 grids, each with its responsible unit; 多网合一: other networks were merged into some of them."""
    grids = []
    for number in range(GRIDS):
        estate = turn(estates, number)
        title = f"{ESTATES[number % len(ESTATES)]}第{number // len(estates) + 1}微网格"
        grid = place(
            script, f"grid-{number}", title, "grid", estate, responsible_unit=turn(units, number),
            centre=centre(script, number % len(estates)), networks=["party"],
        )  # fmt: skip
        grids.append(grid)
        if number % 10 == 0:
            merged = {"network": turn(_NETWORKS, number // 10), "from": [script.id("place", f"former-{number}")]}
            script.tell(on(spread(number, GRIDS, 60)), "place.merged", grid, estate, merged)
    return grids


def _workers(script: Script, grids: list[str]) -> list[str]:
    workers = [
        person(script, f"worker-{number}", ["grid_worker"], script.id("place", "town")) for number in range(WORKERS)
    ]
    for number, grid in enumerate(grids):
        post = {
            "person": turn(workers, number),
            "role": "grid_worker",
            "chosen": "appointed",
            "full_time": number % 3 > 0,
        }
        script.register("place.staffed", grid, script.id("place", "town"), post)
    return workers


def _leaders(script: Script, places: list[str]) -> None:
    """四大班子领导直接联系包抓7个社区89个小区573个微网格, and tasks that they supervise 督办."""
    county = script.id("place", "county")
    leaders = [person(script, f"leader-{number}", ["leader"], county) for number in range(LEADERS)]
    for number, linked in enumerate(places):
        data = {"leader": turn(leaders, number), "body": turn(_BODIES, number)}
        script.register("place.linked", linked, county, data)
    for number in range(40):
        subject, leader = script.id("visit", f"study-{number}"), turn(leaders, number)
        began = on(spread(number, 40), 9)
        paid = {
            "person": leader,
            "kind": "field_study",
            "place": turn(places, number),
            "began": began,
            "ended": on(spread(number, 40), 11),
        }
        script.tell(on(spread(number, 40), 11), "visit.paid", subject, leader, paid)
    for number in range(24):
        subject, day = script.id("task", number), spread(number, 24, 280)
        assigned = {
            "by": turn(leaders, number),
            "tier": "county",
            "to": script.id("unit", number),
            "title": "为民办实事重点任务",
            "due": on(day + 30),
        }
        script.tell(on(day), "task.assigned", subject, county, assigned)
        script.tell(on(day + 25), "task.done", subject, script.id("unit", number), {})
        script.tell(on(day + 28), "task.verified", subject, county, {})


def _pairs(script: Script, communities: list[str], estates: list[str], units: list[str]) -> None:
    """1+1 and N+1: a unit keeps in touch with one community and some estates."""
    for number, who in enumerate(units):
        community, some = (
            turn(communities, number),
            [turn(estates, number + 7 * step) for step in range(1 + number % 3)],
        )
        data = {"mode": "1+1" if len(some) == 1 else "N+1", "community": community, "estates": some}
        script.register("unit.paired", who, community, data)
        for month in range(0, 12, 2):
            script.tell(on(5 + month * 28 + number % 20, 15), "unit.contacted", who, community, {"place": community})


def _bases(script: Script, communities: list[str], estates: list[str]) -> None:
    """All seven centres upgraded, a window in each; 文教礼 in 西街社区, 网格联动 in 云泰园小区."""
    for number, community in enumerate(communities):
        base = {"facility": "centre", "kind": "party_mass_centre", "functions": ["党群服务"], "hours": "8:00-20:00"}
        script.tell(on(1, 9, number), "facility.opened", community, community, base)
        better = {"facility": "centre", "functions": ["党群服务", "一老一小", "文体活动"]}
        script.tell(on(30 + number * 20), "facility.upgraded", community, community, better)
        served = {
            "facility": "window",
            "kind": "service_window",
            "functions": ["一站受理", "全程服务"],
            "hours": "8:00-20:00",
        }
        script.tell(on(31 + number * 20), "facility.opened", community, community, served)
    script.tell(on(100), "place.changed", communities[1], communities[1], {"brand": "文教礼"})
    script.tell(on(101), "place.changed", estates[0], communities[0], {"brand": "网格联动、服务连心、管理联网"})
    script.tell(on(102), "place.changed", communities[0], communities[0], {"brand": "窗帘行动"})


def _elders_and_children(script: Script, grid: str, watcher: str) -> None:
    """云兴街社区 窗帘行动: ten households; one curtain stayed shut, somebody knocked, and all was well."""
    for number in range(10):
        subject, day = script.id("curtain", number), 40 + number
        agreed = {
            "household": script.id("person", f"household-{number}"), "group": "child" if number % 4 == 3 else "elder",
            "watcher": watcher, "by_time": "09:00", "grid": grid, "consent": True,
        }  # fmt: skip
        script.tell(on(day, 15), "curtain.agreed", subject, watcher, agreed)
        for following in range(1, 6):
            if number == 4 and following == 3:
                missed = on(day + following, 9)
                script.tell(missed, "curtain.missed", subject, "urn:shanzhi:clock", {})
                script.tell(on(day + following, 9, 20), "curtain.checked", subject, watcher, {"outcome": "safe"})
            else:
                script.tell(on(day + following, 7, 30 + number), "curtain.seen", subject, watcher, {})
        script.tell(on(day + 6, 15), "curtain.paused", subject, watcher, {})
