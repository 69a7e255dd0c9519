"""契约化共建: contracts, and what of them was delivered in time."""

from __future__ import annotations

from projections.contract import contract_day
from projections.read.declared import Board, Book, Distinct, Question, Ratio
from projections.read.exchange import contract_items

BOARDS = (
    Board(
        name="contract-board",
        title="契约履行",
        tally=contract_day,
        titles={
            "signed": "签约",
            "ended": "终止",
            "items": "事项",
            "delivered": "已交付",
            "accepted": "验收通过",
            "refused": "验收不通过",
            "overdue": "超期事项",
            "scored": "评分次数",
        },
        ratios={
            "accepted_share": Ratio("accepted", "items", "履约率"),
            "mean": Ratio("score", "scored", "平均评分"),
        },
        distinct={"units": Distinct("unit", "signed", "签约单位数")},
        columns={"unit": "单位"},
    ),
)
BOOKS = (
    Book(
        name="contracts",
        title="契约台账",
        family="contract",
        titles={
            "community": "社区",
            "unit": "单位",
            "signed_at": "签约",
            "items": "事项",
            "owed": "未交付",
            "listings": "清单",
            "ended_at": "终止",
        },
        at="signed_at",
        places=("community",),
        units=("unit",),
        computed={
            "owed": "(select count(*) from jsonb_array_elements(entity.items) item where item ->> 'due' is not null"
            " and item ->> 'accepted_at' is null"
            " and (item ->> 'delivered_at' is null or item ->> 'refused_at' is not null))"
        },
    ),
)
QUESTIONS = (Question("contract-items", "契约事项", contract_items),)
