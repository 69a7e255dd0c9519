"""小区巡查: the work ledger of patrol teams, and how many places they went through."""

from __future__ import annotations

from projections.patrol import patrol_day, patrol_person, patrol_team
from projections.read.declared import Board, Book, Distinct

_TITLES = {"patrols": "巡查（次）", "minutes": "时长（分钟）"}

BOARDS = (
    Board(
        "patrol-board", "小区巡查（按地点）", patrol_day, _TITLES | {"members": "参与人次"},
        distinct={"places": Distinct("place", "patrols", "排查地点数")},
    ),
    Board(
        "patrols-by-team", "小区巡查（按队伍）", patrol_team, _TITLES | {"members": "参与人次"},
        distinct={"teams": Distinct("team", "patrols", "巡查队伍数")}, columns={"team": "队伍"},
    ),
    Board(
        "patrols-by-person", "小区巡查（按人）", patrol_person, _TITLES,
        distinct={"persons": Distinct("person", "patrols", "参与人数")},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="patrols",
        title="巡查工作台账",
        family="patrol",
        titles={
            "place": "地点",
            "team": "队伍",
            "members": "人员",
            "began": "开始",
            "ended": "结束",
            "metres": "里程（米）",
            "hazards": "发现隐患",
        },
        at="began",
        places=("place",),
        persons=("members",),
        computed={  # counted once for all rows, not once for each
            "hazards": "coalesce(((select jsonb_object_agg(patrol, found) from ("
            "select patrol, count(*) as found from entity_hazard where patrol is not null group by patrol) told"
            ") ->> entity.subject)::bigint, 0)"
        },
    ),
)
