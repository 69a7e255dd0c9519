"""安全隐患: found, fixed and verified, by place, severity and who is responsible."""

from __future__ import annotations

from projections.hazard import hazard_day, hazard_unit
from projections.read.declared import Board, Distinct, Question, Ratio
from projections.read.hazards import hazards

_TITLES = {
    "found": "发现",
    "on_patrol": "巡查发现",
    "open": "未整改",
    "fixed": "已整改",
    "verified": "已销号",
}
_RATIOS = {
    "fixed_share": Ratio("fixed", "found", "整改率"),
    "verified_share": Ratio("verified", "found", "销号率"),
    "mean_minutes": Ratio("fix_minutes", "fixed", "平均整改（分钟）"),
}
_SEVERITY = {"severity": "等级"}

BOARDS = (
    Board(
        "hazard-board", "安全隐患（按地点）", hazard_day, _TITLES, _RATIOS,
        {"places": Distinct("place", "found", "有隐患地点数")}, _SEVERITY,
    ),
    Board("hazards-by-unit", "安全隐患（按责任单位）", hazard_unit, _TITLES, _RATIOS, columns=_SEVERITY),
)  # fmt: skip
QUESTIONS = (Question("hazards", "安全隐患台账", hazards),)
