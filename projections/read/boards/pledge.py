"""践诺评诺: pledges by branch and member, kept in time or not, and their reviews."""

from __future__ import annotations

from projections.pledge import pledge_day, pledge_person
from projections.read.declared import Board, Book, Distinct, Ratio

_TITLES = {
    "made": "承诺",
    "kept": "践诺",
    "kept_in_time": "按期践诺",
    "reviewed": "已评诺",
    "branch_reviews": "支部评议（次）",
    "resident_reviews": "居民评议（次）",
}
_RATIOS = {
    "kept_share": Ratio("kept", "made", "践诺率"),
    "kept_in_time_share": Ratio("kept_in_time", "made", "按期践诺率"),
    "branch_score_share": Ratio("branch_score", "branch_score_at_most", "支部评分率"),
    "resident_score_share": Ratio("resident_score", "resident_score_at_most", "居民评分率"),
}

BOARDS = (
    Board("pledge-board", "践诺评诺（按地点）", pledge_day, _TITLES, _RATIOS, columns={"branch": "支部"}),
    Board(
        "pledges-by-person", "践诺评诺（按人）", pledge_person, _TITLES, _RATIOS,
        {"persons": Distinct("person", "made", "承诺人数")},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="pledges",
        title="践诺评诺台账",
        family="pledge",
        titles={
            "person": "承诺人",
            "branch": "支部",
            "place": "地点",
            "made_at": "承诺",
            "due": "期限",
            "kept_at": "践诺",
            "is_in_time": "按期",
            "reviews": "评议",
        },
        at="made_at",
        places=("place", "branch"),
        units=("branch",),
        persons=("person",),
        computed={
            "is_in_time": "is_in_time(entity.kept_at, entity.due, entity.made_at, '[]', %(as_of)s, null)",
        },
    ),
)
