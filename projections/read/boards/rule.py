"""规则: the versions of every rule, and the questions of rules that span families: credit and signs of gaming."""

from __future__ import annotations

from projections.read.credits import credits
from projections.read.declared import Board, Question
from projections.read.flags import flags
from projections.read.rules import rules
from projections.rule import rule_day

BOARDS = (Board("rule-board", "规则启用次数", rule_day, {"adopted": "启用"}, columns={"rule": "规则"}),)
QUESTIONS = (
    Question("rules", "规则版本与出处", rules),
    Question("credits", "一事一记", credits),
    Question("flags", "刷分迹象", flags),
)
