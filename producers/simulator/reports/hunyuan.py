"""浑源县：“五心”服务引领小区善治. Its figures of 2024, told event by event."""

from __future__ import annotations

from producers.simulator.reports.county import centre, person, place, unit
from producers.simulator.reports.deeds import care, deeds
from producers.simulator.reports.mailbox import mailbox
from producers.simulator.reports.problems import meetings, problems
from producers.simulator.reports.safety import culture, safety
from producers.simulator.reports.script import Script, on, spread, turn
from producers.simulator.reports.survey import survey

SOURCE = "urn:example:hunyuan-platform"
_COMMUNITIES = ("恒山社区", "永安社区", "北岳社区", "神溪社区")
_HEADS, _TAILS = (
    ("恒泰", "瑞景", "锦华", "福源", "安康", "永盛", "北岳", "金鼎"),
    ("家园", "花园", "嘉苑", "新村", "名邸", "小区", "雅居", "华府"),
)
ESTATES, HARBOURS = 66, 23
PARTIES = ("party_branch", "two_committees", "owners_committee", "property_company", "law_enforcement", "police")


def hunyuan() -> Script:
    """The whole year of the county."""
    script = Script("hy24", SOURCE)
    estates = _places(script)
    units = _units(script, estates)
    harbours = [estates["kaide"], estates["hengyuan"], estates["shangcheng"]]
    harbours += [one for one in estates.values() if one not in harbours][: HARBOURS - 3]
    _harbours(script, harbours, units)
    _regulations(script, harbours)
    meetings(script, estates["kaide"], units)
    problems(script, estates["kaide"], units)
    deeds(script, estates["hengyuan"], units)
    care(script, estates["hengyuan"])
    survey(script, estates["hengyuan"], units)
    culture(script, harbours, units)
    mailbox(script, estates["shangcheng"], units)
    safety(script, list(estates.values()), units)
    return script


def _places(script: Script) -> dict[str, str]:
    county = place(script, "county", "浑源县", "county", None)
    town = place(script, "town", "永安镇", "town", county)
    communities = [
        place(script, f"community-{number}", title, "community", town, centre=centre(script, number * 17))
        for number, title in enumerate(_COMMUNITIES, 1)
    ]
    named = {"kaide": "凯德世家三号院", "hengyuan": "恒源首席小区", "shangcheng": "上城时代小区"}
    titles = [f"{head}{tail}" for tail in _TAILS for head in _HEADS][: ESTATES - len(named)]
    named |= {f"estate-{number}": title for number, title in enumerate(titles, 4)}
    return {
        name: place(script, name, title, "estate", turn(communities, number), centre=centre(script, number))
        for number, (name, title) in enumerate(named.items())
    }


def _units(script: Script, estates: dict[str, str]) -> dict[str, str]:
    county = script.id("place", "county")
    titles = {
        "hospital": ("浑源县人民医院", "institution"),
        "clinic": ("浑源县中医院", "institution"),
        "school": ("浑源县第一中学", "institution"),
        "enforcement": ("浑源县综合行政执法队", "law_enforcement"),
        "police": ("永安镇派出所", "police"),
        "property": ("浑源恒业物业服务有限公司", "property_company"),
        "property-2": ("浑源安居物业服务有限公司", "property_company"),
        "owners": ("恒源首席小区业委会", "owners_committee"),
        "housing": ("浑源县住房和城乡建设局", "government"),
        "justice": ("浑源县司法局", "government"),
    }
    units = {name: unit(script, name, title, kind, county) for name, (title, kind) in titles.items()}
    for name in ("hospital", "clinic", "school", "housing", "justice"):
        data = {"mode": "1+1", "community": script.id("place", "community-1"), "estates": [estates["hengyuan"]]}
        script.register("unit.paired", units[name], county, data)
    return units


def _harbours(script: Script, harbours: list[str], units: dict[str, str]) -> None:
    """红色港湾 and 物业经理“服务之家”, and one core with four that stand together."""
    for number, estate in enumerate(harbours):
        day = spread(number, HARBOURS, 120)
        opened = {"facility": "red-harbour", "kind": "red_harbour", "functions": ["党群议事", "文体活动", "便民服务"]}
        script.tell(on(day), "facility.opened", estate, estate, opened | {"hours": "8:30-20:30"})
        home = {"facility": "service-home", "kind": "service_home", "functions": ["物业服务"], "hours": "8:30-18:00"}
        script.tell(on(day, 10), "facility.opened", estate, estate, home)
        secretary = person(script, f"secretary-{number}", ["leader"], estate)
        if estate != script.id("place", "shangcheng"):
            post = {"person": secretary, "role": "branch_secretary", "chosen": "appointed"}
            script.tell(on(day, 11), "place.staffed", estate, estate, post)
        serving = (units["owners"], units["property"], units["enforcement"], units["police"])
        served = dict(zip(PARTIES[2:], serving, strict=True))
        for party in PARTIES:
            by = served.get(party, secretary)
            script.tell(on(day, 14), "place.served", estate, estate, {"party": party, "by": by})


def _regulations(script: Script, harbours: list[str]) -> None:
    """网格治理运行机制, 业委会日常工作制度, 小区党支部工作职责, 小区党支部联系制度."""
    titles = {
        "grid_mechanism": "党建引领网格治理工作运行机制",
        "owners_committee_routine": "业委会日常工作制度",
        "branch_duties": "小区党支部工作职责",
        "branch_liaison": "小区党支部联系制度",
    }
    for number, estate in enumerate(harbours):
        for kind, title in titles.items():
            data = {"regulation": kind.replace("_", "-"), "kind": kind, "title": title}
            script.tell(on(20 + spread(number, HARBOURS, 100), 16), "regulation.issued", estate, estate, data)
