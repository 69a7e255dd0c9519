"""活动与文化: what was held where, by kind, campaign and brand, and which units provided it (义诊、心理辅导 …)."""

from __future__ import annotations

from projections.activity import activity_day, activity_provider
from projections.read.declared import Board, Book, Distinct, Ratio
from projections.read.holder import name_of

_CULTURE = "('reading_day', 'knowledge_contest', 'skills_contest', 'culture')"
_BOOK_TITLES = {
    "title": "活动",
    "kind": "类别",
    "campaign": "主题实践",
    "brand": "品牌",
    "place": "地点",
    "facility": "阵地",
    "organised_by": "组织方",
    "providers": "提供单位",
    "begins": "开始",
    "ends": "结束",
    "status": "状态",
    "attendance": "参加人次",
}
_STATUS = """case
    when entity.held_at is not null then 'held'
    when entity.cancelled_at is not null then 'cancelled'
    else 'planned' end"""

BOARDS = (
    Board(
        name="activity-board",
        title="活动（按地点）",
        tally=activity_day,
        titles={
            "planned": "计划",
            "held": "开展",
            "held_by_units": "单位提供",
            "cancelled": "取消",
            "attendance": "参加人次",
        },
        ratios={"held_share": Ratio("held", "planned", "开展率")},
        columns={"kind": "类别", "campaign": "主题实践", "brand": "品牌"},
    ),
    Board(
        name="activities-by-unit",
        title="活动（按提供单位）",
        tally=activity_provider,
        titles={"planned": "计划", "held": "开展", "attendance": "参加人次"},
        distinct={"units": Distinct("unit", "held", "提供单位数")},
        columns={"kind": "类别"},
        first="unit",
    ),
)


def _activities(name: str, title: str, only: str) -> Book:
    return Book(
        name=name,
        title=title,
        family="activity",
        titles=_BOOK_TITLES,
        at="begins",
        places=("place", "organiser"),
        units=("organiser", "providers"),
        computed={"organised_by": name_of("organiser"), "status": _STATUS},
        only=only,
    )


BOOKS = (
    _activities("activities", "活动台账", "entity.planned_at is not null"),
    _activities("culture", "文化活动", f"entity.kind in {_CULTURE}"),
    _activities(
        "clinics", "单位义诊与心理辅导",
        "entity.kind in ('clinic', 'counselling') and jsonb_array_length(entity.providers) > 0",
    ),
)  # fmt: skip
