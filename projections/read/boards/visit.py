"""分片包楼入户 and 实地调研: visits by place, person and kind; leaders' field studies apart."""

from __future__ import annotations

from projections.read.declared import Board, Book, Distinct, Ratio
from projections.visit import visit_day, visit_person

_TITLES = {
    "visits": "走访",
    "helped": "当场解决困难",
    "with_case": "转为诉求",
    "with_task": "转为督办任务",
    "minutes": "时长（分钟）",
}
_RATIOS = {"helped_share": Ratio("helped", "visits", "当场解决率")}
_BOOK = {
    "kind": "类别",
    "place": "地点",
    "person": "人员",
    "began": "开始",
    "ended": "结束",
    "helped": "当场解决",
    "to_case": "转为诉求",
    "to_task": "转为任务",
}

BOARDS = (
    Board(
        "visit-board", "入户走访与调研（按地点）", visit_day, _TITLES, _RATIOS,
        {"places": Distinct("place", "visits", "走访地点数")}, {"kind": "类别"},
    ),
    Board(
        "visits-by-person", "入户走访与调研（按人）", visit_person, _TITLES, _RATIOS,
        {"persons": Distinct("person", "visits", "走访人数")}, {"kind": "类别"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="visits", title="走访台账", family="visit", titles=_BOOK, at="began", places=("place",),
        persons=("person",),
    ),
    Book(
        name="field-studies",
        title="领导调研台账",
        family="visit",
        titles={name: title for name, title in _BOOK.items() if name != "kind"},
        at="began",
        places=("place",),
        persons=("person",),
        only="entity.kind = 'field_study'",
    ),
)
