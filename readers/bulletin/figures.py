"""What a bulletin says of a place or a unit: each figure of the month beside the month before, and where it opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from projections import read
from readers.language import Text
from readers.tables import Tables

Better = Literal["more", "less", "neither"]


class Asked(NamedTuple):
    """A column of the whole of a read model. `is_share`: of 1, shown in percent; `better`: which way is good news."""

    words: Text
    model: str
    column: str
    is_share: bool = False
    better: Better = "more"


@dataclass(frozen=True)
class Figure:
    """A figure of the month and of the month before; None where nothing was measured. `address` opens it."""

    words: Text
    now: float | None
    before: float | None
    is_share: bool
    better: Better
    address: str

    @property
    def change(self) -> float | None:
        """By how much it moved."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def is_good(self) -> bool | None:
        """Whether it moved for the better; None where it did not move, or says neither."""
        if not self.change or self.better == "neither":
            return None
        return (self.change > 0) == (self.better == "more")


OF_PLACES: Sequence[Asked] = (
    Asked(Text("受理诉求", "Cases received"), "funnel", "discovered", better="neither"),
    Asked(Text("办结", "Handled"), "funnel", "handled"),
    Asked(Text("网格内办结", "Handled in the grid"), "funnel", "handled_in_grid"),
    Asked(Text("吹哨", "Whistled"), "funnel", "whistled", better="neither"),
    Asked(Text("重办", "Reopened"), "funnel", "reopened", better="less"),
    Asked(Text("响应率", "Response"), "rates", "response", is_share=True),
    Asked(Text("解决率", "Resolution"), "rates", "resolution", is_share=True),
    Asked(Text("满意率", "Satisfaction"), "rates", "satisfaction", is_share=True),
    Asked(Text("三率得分", "Score of the rates"), "rates", "score"),
    Asked(Text("微心愿实现", "Wishes granted"), "wish-board", "granted"),
    Asked(Text("纠纷调成", "Mediations settled"), "mediation-board", "settled"),
    Asked(Text("议题解决", "Topics solved"), "topic-board", "solved"),
    Asked(Text("隐患发现", "Hazards found"), "hazard-board", "found", better="neither"),
    Asked(Text("隐患整改", "Hazards fixed"), "hazard-board", "fixed"),
    Asked(Text("会议", "Conferences held"), "conference-board", "held"),
)
OF_UNITS: Sequence[Asked] = (
    Asked(Text("被吹哨", "Whistles"), "whistles-by-unit", "called", better="neither"),
    Asked(Text("已报到", "Reported"), "whistles-by-unit", "reported"),
    Asked(Text("已办理", "Handled"), "whistles-by-unit", "handled"),
    Asked(Text("微心愿实现", "Wishes granted"), "wishes-by-unit", "granted"),
    Asked(Text("点单完成", "Orders done"), "orders-by-unit", "done"),
    Asked(Text("隐患整改", "Hazards fixed"), "hazards-by-unit", "fixed"),
    Asked(Text("日常得分", "Ongoing score"), "units", "total"),
    Asked(Text("协同得分", "Joint score"), "units", "joint"),
    Asked(Text("总分", "Final score"), "units", "final"),
)


def month_before(period: str) -> str:
    """`2024-03` -> `2024-02`."""
    return (date.fromisoformat(f"{period}-01") - timedelta(days=1)).isoformat()[:7]


def figures(tables: Tables, subject: str, period: str) -> list[Figure]:
    """All figures of a place or unit. Raises `QuestionRefused`, `OutcomeUnknown`."""
    kind = subject.partition("/")[0]
    asked = OF_PLACES if kind == "place" else OF_UNITS
    rows: dict[str, dict[str, Any]] = {month: {} for month in (period, month_before(period))}
    for month, found in rows.items():
        for model in dict.fromkeys(one.model for one in asked):
            found[model] = _whole(tables, model, {kind: subject, "period": month}, subject)
    now, before = rows.values()
    query = urlencode({kind: subject, "period": period})
    return [
        Figure(
            one.words, _value(now[one.model], one), _value(before[one.model], one), one.is_share, one.better,
            f"/open/{one.model}?{query}",
        )
        for one in asked
    ]  # fmt: skip


def rank_of(tables: Tables, subject: str, period: str) -> tuple[int, int] | None:
    """Of how many it is the how manieth: a unit in the league, a place among those of its level by its rates' score."""
    if subject.startswith("unit/"):
        row = _whole(tables, "units", {"unit": subject, "period": period}, subject)
        ranked = [one for one in tables.ask("units", period=period, limit=read.MOST_ROWS) if one.is_ranked]
        return (row.rank, len(ranked)) if row is not None and row.rank else None
    places = tables.ask("rates", level="community", period=period, limit=read.MOST_ROWS)
    scored = [one for one in places if one.subject and one.score is not None]
    own = next((one for one in scored if one.subject == subject), None)
    return (1 + sum(one.score > own.score for one in scored), len(scored)) if own else None


def _whole(tables: Tables, model: str, options: Mapping[str, Any], subject: str) -> Any:
    """The row of the whole: the overall one, or the one that is the subject's; None where there is none."""
    answer = tables.ask(model, **options)
    rows = [row for row in answer if getattr(row, "is_overall", False) or getattr(row, "subject", None) == subject]
    return rows[0] if rows else None


def _value(row: Any, asked: Asked) -> float | None:
    value = getattr(row, asked.column, None)
    return None if value is None else float(value)
