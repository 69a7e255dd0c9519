"""议题: collected, tabled, decided, carried out and solved, by estate, category and who is responsible."""

from __future__ import annotations

from projections.read.declared import Board, Book, Ratio
from projections.topic import topic_day, topic_party

BOARDS = (
    Board(
        name="topic-board",
        title="议题（按小区、类别）",
        tally=topic_day,
        titles={
            "collected": "收集",
            "tabled": "上会",
            "decided": "议定",
            "agreed": "同意办理",
            "deferred": "暂缓",
            "referred": "转交",
            "rejected": "不予办理",
            "carried_out": "落实",
            "solved": "解决",
            "overdue": "超期",
        },
        ratios={"solved_share": Ratio("solved", "collected", "解决率")},
        columns={"category": "类别"},
    ),
    Board(
        "topics-by-party", "议题（按责任方）", topic_party,
        {"responsible": "负责", "carried_out": "落实", "solved": "解决", "overdue": "超期"},
        {"carried_out_share": Ratio("carried_out", "responsible", "落实率")}, columns={"party": "责任方"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="topics",
        title="议题台账",
        family="topic",
        titles={
            "title": "议题",
            "estate": "小区",
            "category": "类别",
            "status": "状态",
            "collected_at": "收集",
            "conference": "会议",
            "decided_at": "议定",
            "outcome": "结果",
            "responsible": "责任方",
            "due": "期限",
            "carried_out_at": "落实",
            "solved_at": "解决",
            "is_overdue": "超期",
            "of_case": "诉求",
            "survey": "打分",
            "item": "事项",
        },
        at="collected_at",
        places=("estate",),
        units=("responsible",),
        persons=("responsible", "by", "confirmed_by"),
        computed={
            "status": """case when entity.solved_at is not null then 'solved'
                when entity.carried_out_at is not null then 'carried_out'
                when entity.outcome is not null then entity.outcome
                when entity.tabled_at is not null then 'tabled'
                when entity.collected_at is not null then 'collected' else 'unknown' end""",
            "is_overdue": """coalesce(entity.outcome = 'agreed'
                and entity.due < coalesce(entity.carried_out_at, entity.solved_at, %(as_of)s), false)""",
        },
    ),
)
