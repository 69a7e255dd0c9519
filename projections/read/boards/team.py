"""五色模范党员、巡查队、志愿服务队: teams and how many are in them."""

from __future__ import annotations

from projections.read.declared import Board, Book
from projections.team import team_place

BOARDS = (
    Board(
        name="team-board",
        title="队伍（按地点）",
        tally=team_place,
        titles={"teams": "队伍", "members": "队员人次"},
        columns={"kind": "类别"},
    ),
)
BOOKS = (
    Book(
        name="teams",
        title="队伍名册",
        family="team",
        titles={
            "name": "队名",
            "kind": "类别",
            "colour": "颜色",
            "place": "地点",
            "member_count": "队员",
            "formed_at": "成立",
        },
        at="formed_at",
        places=("place",),
        persons=("members",),
        computed={"member_count": "jsonb_array_length(entity.members)"},
    ),
)
