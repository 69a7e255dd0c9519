"""通知: what was sent and what was not, by channel and by who was to get it."""

from __future__ import annotations

from projections.notice import notice_day, notice_party
from projections.read.declared import Board, Book

_TITLES = {"sent": "送达", "failed": "失败", "attempts": "尝试（次）"}

BOARDS = (
    Board("notice-board", "通知（按渠道）", notice_day, _TITLES, columns={"channel": "渠道"}),
    Board("notices-by-party", "通知（按收件人）", notice_party, _TITLES, columns={"party": "收件人"}),
)
BOOKS = (
    Book(
        name="notices",
        title="通知台账",
        family="notice",
        titles={
            "recipient": "收件人",
            "about": "事由",
            "channel": "渠道",
            "template": "模板",
            "attempts": "尝试（次）",
            "first_at": "首次",
            "sent_at": "送达",
            "failed_at": "失败",
        },
        at="first_at",
        units=("recipient",),
        persons=("recipient",),
    ),
)
