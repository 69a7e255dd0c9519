"""人员: members, workers, volunteers and residents by role, and who is in the alliance."""

from __future__ import annotations

from projections.person import alliance_member, community_role, unit_role
from projections.read.declared import Board

BOARDS = (
    Board("roles-by-unit", "人员（按单位、身份）", unit_role, {"persons": "人"}, columns={"role": "身份"}),
    Board("role-board", "人员（按社区、身份）", community_role, {"persons": "人"}, columns={"role": "身份"}),
    Board(
        "alliance-board", "党建联盟（按社区、单位、类别）", alliance_member, {"persons": "人次"},
        columns={"category": "类别"},
    ),
)  # fmt: skip
