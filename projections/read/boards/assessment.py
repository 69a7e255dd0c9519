"""协同考核: what towns and communities gave units, by unit, assessor and period."""

from __future__ import annotations

from projections.assessment import assessment_day
from projections.read.declared import Board, Book, Ratio

BOARDS = (
    Board(
        name="assessment-board",
        title="协同考核打分",
        tally=assessment_day,
        titles={
            "items": "项数",
            "points": "得分（百分之一分）",
            "most": "满分（百分之一分）",
            "contested": "申诉中",
            "contested_points": "申诉中得分（百分之一分）",
            "contested_most": "申诉中满分（百分之一分）",
        },
        ratios={"points_share": Ratio("points", "most", "得分率")},
        columns={"unit": "单位", "tier": "考核层级", "kind": "类别"},
    ),
)
BOOKS = (
    Book(
        name="assessments",
        title="协同考核台账",
        family="assessment",
        titles={
            "unit": "单位",
            "began_at": "考核期起",
            "items": "项数",
            "contested": "申诉中",
            "assessors": "考核方",
        },
        at="began_at",
        places=("scores",),
        units=("unit",),
        computed={
            "items": "jsonb_array_length(entity.scores)",
            "contested": "(select count(*) from jsonb_array_elements(entity.scores) score"
            " where score ->> 'contested_at' is not null and score ->> 'upheld' is null)",
            "assessors": "coalesce((select jsonb_agg(distinct score ->> 'assessor')"
            " from jsonb_array_elements(entity.scores) score), '[]')",
        },
    ),
)
