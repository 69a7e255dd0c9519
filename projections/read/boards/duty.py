"""在职党员“双报到”“双服务”: reports and services by community, unit and person."""

from __future__ import annotations

from projections.duty import duty_day, duty_party
from projections.read.declared import Board, Book, Distinct, Ratio

_TITLES = {
    "reported": "报到",
    "served": "服务",
    "confirmed": "已确认",
    "served_confirmed": "服务已确认",
    "refused": "未确认通过",
    "confirmed_minutes": "确认时长（分钟）",
}
_RATIOS = {"confirmed_share": Ratio("served_confirmed", "served", "服务确认率")}

BOARDS = (
    Board(
        "duty-board", "双报到双服务（按地点）", duty_day, _TITLES | {"beneficiaries": "受益人次"}, _RATIOS,
        {"units": Distinct("unit", "reported", "报到单位数")}, {"unit": "单位"},
    ),
    Board(
        "duty-by-person", "双报到双服务（按人）", duty_party, _TITLES, _RATIOS,
        {"parties": Distinct("party", "served", "服务人数")}, {"party": "党员或单位"}, first="person",
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="duties",
        title="双报到双服务台账",
        family="duty",
        titles={
            "party": "党员或单位",
            "unit": "单位",
            "community": "社区",
            "kind": "服务类别",
            "reported_at": "报到",
            "began": "开始",
            "ended": "结束",
            "beneficiaries": "受益人次",
            "confirmed_at": "确认",
            "refused_at": "未通过",
        },
        at="told_at",
        places=("community",),
        units=("unit",),
        persons=("party",),
        computed={"told_at": "coalesce(entity.began, entity.reported_at)"},
    ),
)
