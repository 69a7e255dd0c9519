"""驻区单位、结对、党建联盟、更换服务者."""

from __future__ import annotations

from projections.read.alliance import organisations, pairings, participants, replaced_whistles, replacements
from projections.read.declared import Board, Question
from projections.unit import community_pairing, unit_kind, unit_replaced

BOARDS = (
    Board(
        "unit-kinds", "驻区单位（按类别）", unit_kind,
        {"registered": "登记", "paired": "已结对", "in_alliance": "联盟成员"}, columns={"kind": "类别"},
    ),
    Board("pairing-board", "结对（按社区）", community_pairing, {"units": "单位", "estates": "小区（次）"}),
    Board(
        "replacement-board", "更换服务者（按小区、服务）", unit_replaced, {"replaced": "更换"},
        columns={"service": "服务"},
    ),
)  # fmt: skip
QUESTIONS = (
    Question("pairings", "结对与最近联系", pairings),
    Question("participants", "各界人士参与", participants),
    Question("organisations", "社会组织参与", organisations),
    Question("replacements", "更换服务者台账", replacements),
    Question("replaced-whistles", "吹哨给已更换单位", replaced_whistles),
)
