"""结对帮扶: pairings by place, group and helper, and how many people are in help now. No board or book names them."""

from __future__ import annotations

from projections.care import care_day, care_party, care_recipient
from projections.read.declared import Board, Book, Distinct, Ratio

_TITLES = {"pairs": "结对", "in_help": "帮扶中", "visited": "已走访", "visits": "走访（次）", "ended": "已结束"}
_RATIOS = {"visited_share": Ratio("visited", "pairs", "走访率")}
_GROUP = {"care_group": "群体"}

BOARDS = (
    Board("care-board", "结对帮扶（按地点）", care_day, _TITLES, _RATIOS, columns=_GROUP),
    Board(
        "care-by-helper", "结对帮扶（按帮扶方）", care_party, _TITLES, _RATIOS,
        {"helpers": Distinct("party", "pairs", "帮扶方数")}, {"party": "帮扶方"} | _GROUP,
    ),
    Board(
        "care-people", "结对帮扶人数（现在）", care_recipient, {"in_help": "帮扶中（对）"},
        distinct={
            "people": Distinct("recipient", "in_help", "帮扶中（人）"),
            "people_ever": Distinct("recipient", "pairs", "累计帮扶（人）"),
        },
        columns=_GROUP,
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="care-pairs",
        title="结对帮扶台账",
        family="care",
        titles={
            "place": "地点",
            "care_group": "群体",
            "helper": "帮扶方",
            "paired_at": "结对",
            "visits": "走访（次）",
            "last_visited_at": "最近走访",
            "ended_at": "结束",
        },
        at="paired_at",
        places=("place",),
        units=("helper",),
        persons=("helper",),
    ),
)
