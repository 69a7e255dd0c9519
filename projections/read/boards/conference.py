"""联席会议: conferences by place and kind, by party, unit and person."""

from __future__ import annotations

from projections.conference import conference_day, conference_party, conference_person, conference_unit
from projections.read.declared import Board, Book, Distinct

BOARDS = (
    Board(
        "conference-board", "会议（按地点、类别）", conference_day,
        {"convened": "召集", "held": "召开", "attendance": "到会（人次）", "participants": "记名（人次）"},
        columns={"kind": "类别"},
    ),
    Board(
        "conferences-by-party", "会议（按六方）", conference_party, {"attended": "到会（次）", "persons": "人次"},
        columns={"party_kind": "方面"}, first="party_kind",
    ),
    Board("conferences-by-unit", "会议（按单位）", conference_unit, {"attended": "到会（次）", "persons": "人次"}),
    Board(
        "conferences-by-person", "会议（按人）", conference_person, {"attended": "到会（次）"},
        distinct={"persons": Distinct("person", "attended", "人数")}, first="person",
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="conferences",
        title="会议台账",
        family="conference",
        titles={
            "kind": "类别",
            "place": "地点",
            "convened_at": "召集",
            "held_at": "召开",
            "present": "到会",
            "attendance": "各方到会",
            "participants": "记名人员",
        },
        at="called_at",
        places=("place",),
        units=("attendance",),
        persons=("participants",),
        computed={"called_at": "coalesce(entity.held_at, entity.convened_at)"},
    ),
)
