"""志愿服务: acts by place, person, unit and team."""

from __future__ import annotations

from projections.act import volunteer_day, volunteer_person, volunteer_team, volunteer_unit
from projections.read.declared import Board, Book, Distinct, Ratio

_TITLES = {"acts": "服务", "confirmed": "已确认", "refused": "不予确认", "confirmed_minutes": "确认时长（分钟）"}
_RATIOS = {"confirmed_share": Ratio("confirmed", "acts", "确认率")}

BOARDS = (
    Board("act-board", "志愿服务（按地点）", volunteer_day, _TITLES | {"beneficiaries": "受益人次"}, _RATIOS),
    Board(
        "acts-by-person", "志愿服务（按人）", volunteer_person, _TITLES, _RATIOS,
        {"volunteers": Distinct("person", "acts", "参与人数")},
    ),
    Board(
        "acts-by-unit", "志愿服务（按单位）", volunteer_unit, _TITLES, _RATIOS,
        {"units": Distinct("unit", "acts", "参与单位数")},
    ),
    Board(
        "acts-by-team", "志愿服务（按队伍）", volunteer_team, _TITLES, _RATIOS,
        {"teams": Distinct("team", "acts", "参与队伍数")}, {"team": "队伍"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="acts",
        title="志愿服务台账",
        family="act",
        titles={
            "kind": "类别",
            "place": "地点",
            "unit": "单位",
            "team": "队伍",
            "persons": "人员",
            "began": "开始",
            "ended": "结束",
            "beneficiaries": "受益人次",
            "confirmed_at": "确认",
            "refused_at": "不予确认",
        },
        at="began",
        places=("place",),
        units=("unit",),
        persons=("persons",),
    ),
)
