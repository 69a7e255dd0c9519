"""诉求 by place, day and kind, five tickets, who was dispatched what, what units were called to; duplicates; the way
back to other systems."""

from __future__ import annotations

from projections.case_tallies import case_day, case_kind, unit_day, worker_day
from projections.read.declared import Board, Distinct, Question, Ratio
from projections.read.duplicates import duplicates
from projections.read.external import external

BOARDS = (
    Board(
        "five-tickets",
        "五单（点单、派单、落单、查单、评单）",
        case_day,
        {
            "discovered": "点单",
            "dispatched": "派单",
            "accepted": "落单",
            "looked_up": "查单",
            "rated": "评单",
            "satisfied": "满意",
        },
        {
            "dispatched_share": Ratio("dispatched", "discovered", "派单率"),
            "accepted_share": Ratio("accepted", "dispatched", "落单率"),
            "rated_share": Ratio("rated", "discovered", "评单率"),
            "satisfied_share": Ratio("satisfied", "rated", "满意率"),
        },
    ),
    Board(
        "cases-by-kind",
        "诉求（按地点、类别、渠道）",
        case_kind,
        {
            "discovered": "发现",
            "handled": "办理",
            "resolved": "解决",
            "rated": "评价",
            "satisfied": "满意",
            "reopened": "重办",
            "withdrawn": "撤回",
        },
        {
            "resolved_share": Ratio("resolved", "discovered", "解决率"),
            "satisfied_share": Ratio("satisfied", "rated", "满意率"),
        },
        columns={"category": "类别", "channel": "渠道", "demand": "诉求类型"},
    ),
    Board(
        "cases-by-worker",
        "派单与落单（按人）",
        worker_day,
        {"dispatched": "派单", "accepted": "落单", "handled": "办理"},
        {"handled_share": Ratio("handled", "dispatched", "办理率")},
        {"workers": Distinct("person", "dispatched", "受派人数")},
    ),
    Board(
        "whistles-by-unit",
        "吹哨报到（按单位）",
        unit_day,
        {"called": "被吹哨", "lead": "牵头", "reported": "报到", "handled": "办理", "resolved": "解决"},
        {
            "reported_share": Ratio("reported", "called", "报到率"),
            "resolved_share": Ratio("resolved", "called", "解决率"),
        },
        {"units": Distinct("unit", "called", "被吹哨单位数")},
    ),
)
QUESTIONS = (
    Question("duplicates", "疑似重复诉求", duplicates),
    Question("external", "对方编号（状态与结果）", external),
)
