"""矛盾纠纷“三级七天调解法”: by place, channel and level at which they were settled, by method and by mediator."""

from __future__ import annotations

from projections.mediation_tallies import mediation_day, mediation_method, mediation_person
from projections.read.declared import Board, Question, Ratio
from projections.read.mediations import mediations

_TITLES = {
    "opened": "受理",
    "open": "调解中",
    "settled": "调解成功",
    "failed": "调解不成",
    "refused": "一方不愿",
}
_RATIOS = {
    "settled_share": Ratio("settled", "opened", "调解成功率"),
    "mean_minutes": Ratio("settle_minutes", "settled", "平均用时（分钟）"),
}

BOARDS = (
    Board(
        name="mediation-board",
        title="矛盾纠纷调解（按地点、渠道、层级）",
        tally=mediation_day,
        titles=_TITLES
        | {
            "remote": "不见面",
            "met": "已调解",
            "judicially_confirmed": "司法确认",
            "followed_up": "已回访",
            "holding": "协议履行",
        },
        ratios=_RATIOS | {"holding_share": Ratio("holding", "followed_up", "履行率")},
        columns={"channel": "渠道", "level": "层级"},
    ),
    Board(
        "mediation-methods", "情理法诉", mediation_method, {"meetings": "调解（次）"}, columns={"method": "方法"},
        first="method",
    ),
    Board("mediations-by-mediator", "矛盾纠纷调解（按调解员）", mediation_person, _TITLES, _RATIOS),
)
QUESTIONS = (Question("mediations", "矛盾纠纷台账", mediations),)
