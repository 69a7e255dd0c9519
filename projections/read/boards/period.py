"""考核期结账: which figures were published, by which rules and on what part of the ledger."""

from __future__ import annotations

from projections.period import period_day
from projections.read.declared import Board, Book

BOARDS = (
    Board(
        name="period-board",
        title="考核期结账（按地点）",
        tally=period_day,
        titles={"closed": "已结账", "restated": "重复结账"},
    ),
)
BOOKS = (
    Book(
        name="periods",
        title="考核期结账台账",
        family="period",
        titles={
            "scope": "范围",
            "closed_at": "结账",
            "closed_by": "结账人",
            "rules": "规则版本",
            "events": "依据事件数",
            "sha256": "摘要 SHA-256",
            "closings": "结账次数",
        },
        at="closed_at",
        places=("scope",),
        computed={
            "events": "(select sum(one::bigint) from jsonb_array_elements_text(entity.cut) one)::bigint",
        },
    ),
)
