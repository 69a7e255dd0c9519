"""The figures of the two reports, asked of the tables: each with what its county wrote and how both are compared.

They hold where the scenario `reports` is in the ledger. Its places have ids of their own, so that another county in
the same ledger changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from projections.read.alliance import organisations, participants
from projections.read.answer import LIMIT, MOST_ROWS, Answer, Row, answer_of, asked
from projections.read.board import board
from projections.read.book import book
from projections.read.home_services import home_services

_HUNYUAN, _ZUOYUN = "place/hy24-county", "place/zy24-county"
_KAIDE, _HENGYUAN, _SHANGCHENG = "place/hy24-kaide", "place/hy24-hengyuan", "place/hy24-shangcheng"


class Exact(NamedTuple):
    """As the report says, to the one."""

    number: int

    def __str__(self) -> str:
        return f"= {self.number}"

    def fits(self, found: float) -> bool:
        return found == self.number


class Over(NamedTuple):
    """“N 余”: more than N, and less than the next round number, where the report would have named that."""

    number: int

    def __str__(self) -> str:
        return f"> {self.number}, < {self.next_round}"

    @property
    def next_round(self) -> int:
        """650 → 660, 2000 → 3000: one more in the last digit that is not 0."""
        step = 1
        while self.number % (step * 10) == 0:
            step *= 10
        return self.number + step

    def fits(self, found: float) -> bool:
        return self.number < found < self.next_round


class Percent(NamedTuple):
    """A share, rounded to whole percents as the report does."""

    number: int

    def __str__(self) -> str:
        return f"≈ {self.number} %"

    def fits(self, found: float) -> bool:
        return round(found) == self.number


Matcher = Exact | Over | Percent


class Figure(NamedTuple):
    """A figure: whose, what, the report's own words, how it is compared, and where it comes from."""

    county: str
    figure: str
    report: str
    matcher: Matcher
    ask: Callable[[Tables], float]


class ReportRow(Row, frozen=True, kw_only=True):
    """A figure of the report beside the projection's."""

    titles: ClassVar[dict[str, str]] = {
        "county": "县",
        "figure": "数字",
        "report": "报告",
        "projection": "台账",
        "matcher": "比对",
        "equal": "相符",
    }
    county: str
    figure: str
    report: str
    projection: float
    matcher: str
    equal: bool


class Tables:
    """The read models of one generation, asked for the year of the reports."""

    def __init__(self, connection: Any, generation: str) -> None:
        self._connection, self._generation = connection, generation

    def whole(self, name: str, measure: str, place: str, **filters: Any) -> int:
        """A measure of a board's first row: the whole."""
        answer = board(self._connection, self._generation, name, place=place, by=(), **filters)
        return int(getattr(answer.rows[0], measure)) if answer.rows else 0

    def group(self, name: str, measure: str, place: str, by: str, *values: str, **filters: Any) -> int:
        """A measure of a board summed over some values of a key column."""
        answer = board(self._connection, self._generation, name, place=place, by=(by,), limit=MOST_ROWS, **filters)
        return sum(getattr(row, measure) for row in answer if not row.is_overall and getattr(row, by) in values)

    def rows(self, name: str, **filters: Any) -> list[Any]:
        """The entities of a book."""
        return list(book(self._connection, self._generation, name, limit=MOST_ROWS, **filters))

    def ask(self, question: Callable[..., Any], **filters: Any) -> list[Any]:
        """The rows of a question."""
        return list(question(self._connection, self._generation, **filters))


def reports(
    connection: Any, generation: str, *, as_of: datetime | None = None, limit: int = LIMIT
) -> Answer[ReportRow]:
    """Every figure of both reports, as their counties wrote it and as the tables have it."""
    tables = Tables(connection, generation)
    rows = [_compared(one, one.ask(tables)) for one in FIGURES]
    return answer_of(generation, asked(None, as_of, limit, always=False), rows)


def _compared(figure: Figure, found: float) -> ReportRow:
    return ReportRow(
        county=figure.county,
        figure=figure.figure,
        report=figure.report,
        projection=found,
        matcher=str(figure.matcher),
        equal=figure.matcher.fits(found),
    )


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _solved_share(tables: Tables) -> float:
    return _share(tables.whole("topic-board", "solved", _KAIDE), tables.whole("topic-board", "collected", _KAIDE))


def _satisfied_share(tables: Tables) -> float:
    return _share(tables.whole("five-tickets", "satisfied", _ZUOYUN), tables.whole("five-tickets", "rated", _ZUOYUN))


def _first(rows: list[Any], measure: str) -> int:
    return int(getattr(rows[0], measure)) if rows else 0


def _registered(level: str) -> Callable[[Tables], float]:
    return lambda tables: sum(row.level == level for row in tables.rows("places", place=_ZUOYUN))


def _grids_in_charge(tables: Tables) -> int:
    return sum(row.level == "grid" and bool(row.responsible_unit) for row in tables.rows("places", place=_ZUOYUN))


def _linked(level: str) -> Callable[[Tables], float]:
    return lambda tables: tables.group("leader-board", "places", _ZUOYUN, "level", level)


def _facilities(measure: str, place: str, kind: str) -> Callable[[Tables], float]:
    return lambda tables: tables.group("facility-board", measure, place, "kind", kind)


def _whole(name: str, measure: str, place: str) -> Callable[[Tables], float]:
    return lambda tables: tables.whole(name, measure, place)


def _hunyuan() -> Iterator[Figure]:
    yield Figure("浑源", "开放红色港湾的小区", "23个小区", Exact(23), _facilities("open", _HUNYUAN, "red_harbour"))
    collected = _whole("topic-board", "collected", _KAIDE)
    yield Figure("浑源", "凯德世家三号院收集的问题", "20余个", Over(20), collected)
    yield Figure("浑源", "凯德世家三号院协调解决率", "96%", Percent(96), _solved_share)
    yield Figure(
        "浑源", "恒源首席单位义诊、心理辅导", "10次", Exact(10),
        lambda tables: tables.group("activity-board", "held_by_units", _HENGYUAN, "kind", "clinic", "counselling"),
    )  # fmt: skip
    yield Figure(
        "浑源", "恒源首席上门服务、解决困难", "60余次", Over(60),
        lambda tables: _first(tables.ask(home_services, place=_HENGYUAN), "deeds"),
    )  # fmt: skip
    yield Figure("浑源", "恒源首席结对帮扶", "11人", Exact(11), _whole("care-people", "people", _HENGYUAN))
    yield Figure("浑源", "上城时代化解矛盾纠纷", "24件", Exact(24), _whole("mediation-board", "settled", _SHANGCHENG))
    yield Figure("浑源", "巡查的小区", "65个", Exact(65), _whole("patrol-board", "places", _HUNYUAN))
    yield Figure("浑源", "发现的安全隐患", "37个", Exact(37), _whole("hazard-board", "found", _HUNYUAN))


def _zuoyun() -> Iterator[Figure]:
    for level, figure, number in (("community", "社区", 7), ("estate", "小区", 89), ("grid", "微网格", 573)):
        words = f"{number}个{figure}"
        yield Figure("左云", figure, words, Exact(number), _registered(level))
        yield Figure("左云", f"领导包抓的{figure}", words, Exact(number), _linked(level))
    yield Figure("左云", "有责任单位的微网格", "573个", Exact(573), _grids_in_charge)
    centres = _facilities("upgraded", _ZUOYUN, "party_mass_centre")
    yield Figure("左云", "改造升级的党群活动阵地", "全县7个社区", Exact(7), centres)
    windows = _facilities("open", _ZUOYUN, "service_window")
    yield Figure("左云", "“一站受理、全程服务”窗口", "全覆盖（7个）", Exact(7), windows)
    yield Figure("左云", "联席会议会", "7个", Exact(7), _whole("council-board", "councils", _ZUOYUN))
    yield Figure("左云", "联席会议会委员", "120多名", Over(120), _whole("council-board", "seated", _ZUOYUN))
    yield Figure(
        "左云", "参与的各界人士", "2000余名", Over(2000),
        lambda tables: _first(tables.ask(participants, place=_ZUOYUN), "persons"),
    )  # fmt: skip
    yield Figure("左云", "点单解决的民生难题", "800余件", Over(800), _whole("order-board", "solved", _ZUOYUN))
    yield Figure(
        "左云", "参与社区服务的社会组织", "30多个", Over(30),
        lambda tables: _first(tables.ask(organisations, place=_ZUOYUN), "taking_part"),
    )  # fmt: skip
    yield Figure("左云", "五单收集的诉求", "650余件", Over(650), _whole("five-tickets", "discovered", _ZUOYUN))
    yield Figure("左云", "五单满意率", "98%", Percent(98), _satisfied_share)
    yield Figure(
        "左云", "窗口办理查询事项", "20多个", Over(20),
        lambda tables: sum(row.subject.startswith("service/zy24-") for row in tables.rows("services")),
    )  # fmt: skip


FIGURES = (*_hunyuan(), *_zuoyun())
