"""微心愿: made, claimed, granted and confirmed, by place, unit and person."""

from __future__ import annotations

from dataclasses import replace

from projections.read.declared import Board, Book, Distinct, Ratio
from projections.wish import wish_day, wish_person, wish_unit

BOARDS = (
    Board(
        name="wish-board",
        title="微心愿（按地点）",
        tally=wish_day,
        titles={
            "made": "征集",
            "published": "发布",
            "claimed": "已认领",
            "contested": "多方认领",
            "released": "放弃认领（次）",
            "granted": "实现",
            "home_visits": "上门实现",
            "confirmed": "确认",
            "withdrawn": "撤回",
            "open": "未实现",
            "unclaimed": "无人认领",
        },
        ratios={
            "granted_share": Ratio("granted", "made", "实现率"),
            "score_share": Ratio("score", "score_at_most", "评分率"),
        },
    ),
    Board(
        name="wishes-by-unit",
        title="微心愿（按单位）",
        tally=wish_unit,
        titles={"claimed": "认领", "granted": "实现", "home_visits": "上门实现", "confirmed": "确认"},
        ratios={"granted_share": Ratio("granted", "claimed", "实现率")},
        distinct={"units": Distinct("unit", "claimed", "认领单位数")},
    ),
    Board(
        name="wishes-by-person",
        title="微心愿（按人）",
        tally=wish_person,
        titles={"granted": "实现", "home_visits": "上门实现", "confirmed": "确认", "minutes": "时长（分钟）"},
        distinct={"persons": Distinct("person", "granted", "参与人数")},
    ),
)
_WISHES = Book(
    name="wishes",
    title="微心愿台账",
    family="wish",
    titles={
        "title": "微心愿",
        "place": "地点",
        "status": "状态",
        "made_at": "许下",
        "published_at": "发布",
        "claimed_by": "认领方",
        "claimed_at": "认领",
        "also_claimed_by": "后来认领方",
        "released": "放弃认领（次）",
        "granted_at": "实现",
        "persons": "实现人员",
        "home_visit": "上门",
        "score": "评分",
        "is_overdue": "超期无人认领",
    },
    at="made_at",
    places=("place",),
    units=("claimed_by", "also_claimed_by"),
    persons=("claimed_by", "also_claimed_by", "persons"),
    computed={
        "status": """case when entity.confirmed_at is not null then 'confirmed'
            when entity.granted_at is not null then 'granted' when entity.withdrawn_at is not null then 'withdrawn'
            when entity.claimed_by is not null then 'claimed' when entity.published_at is not null then 'published'
            when entity.made_at is not null then 'made' else 'unknown' end""",
        "is_overdue": """entity.claimed_by is null and entity.granted_at is null and entity.withdrawn_at is null
            and exists (select from jsonb_array_elements(entity.fired) one
                        where (one ->> 'due')::timestamptz > entity.waits_since)""",
    },
)
BOOKS = (
    _WISHES,
    replace(
        _WISHES, name="open-wishes", title="未实现的微心愿",
        only="entity.made_at is not null and entity.granted_at is null and entity.withdrawn_at is null",
    ),
)  # fmt: skip
