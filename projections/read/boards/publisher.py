"""发布方: who may publish, and who has fallen silent."""

from __future__ import annotations

from projections.publisher import publisher_state
from projections.read.declared import Board, Question
from projections.read.publishers import publishers, silence

BOARDS = (
    Board(
        name="publisher-board",
        title="发布方登记",
        tally=publisher_state,
        titles={"publishers": "发布方", "with_rhythm": "约定间隔"},
        columns={"state": "状态"},
    ),
)
QUESTIONS = (
    Question("publishers", "发布方新鲜度与漏报", publishers),
    Question("silence", "发布方逐日报送与漏报", silence),
)
