"""窗帘行动 (一老一小): agreements and misses by grid, group and watcher. No board or book names a household."""

from __future__ import annotations

from projections.curtain_tallies import curtain_day, curtain_group, curtain_person
from projections.read.declared import Board, Book, Ratio

_MISSES = {
    "missed": "未拉开",
    "seen_late": "随后看到",
    "safe": "敲门平安",
    "helped": "敲门施助",
    "unanswered": "无应答",
}
_GROUP = {"household_group": "群体"}

BOARDS = (
    Board(
        "curtain-board", "窗帘行动（现在）", curtain_group,
        {"agreed": "约定户", "active": "守望中", "paused": "暂停", "ended": "结束", "seen": "看到（户日）"} | _MISSES,
        columns=_GROUP,
    ),
    Board(
        "curtain-alarms", "窗帘行动报警（按日）", curtain_day, _MISSES | {"answer_minutes": "敲门用时（分钟）"},
        {"unanswered_share": Ratio("unanswered", "missed", "无应答率")}, columns=_GROUP,
    ),
    Board(
        "curtains-by-watcher", "窗帘行动（按守望人）", curtain_person,
        {"agreed": "约定户", "active": "守望中", "seen": "看到（户日）"} | _MISSES,
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="curtains",
        title="窗帘行动台账",
        family="curtain",
        titles={
            "grid": "网格",
            "household_group": "群体",
            "watcher": "守望人",
            "by_time": "约定时刻",
            "state": "状态",
            "agreed_at": "约定",
            "last_seen_at": "最近看到",
            "due": "等待至",
            "misses": "未拉开（次）",
            "last_missed_at": "最近未拉开",
            "last_outcome": "敲门结果",
        },
        at="agreed_at",
        places=("grid",),
        persons=("watcher",),
        computed={
            "state": """case when entity.agreed_at is null then 'unknown' when entity.ended_at is not null then 'ended'
                when not entity.consent then 'without_consent' when entity.paused_at is not null then 'paused'
                when entity.alarms #> '{-1,unanswered_at}' <> 'null' and entity.alarms #>> '{-1,outcome}' is null
                    and (entity.alarms #>> '{-1,missed_at}')::timestamptz > coalesce(entity.last_seen_at, '-infinity')
                    then 'unanswered'
                when (entity.alarms #>> '{-1,missed_at}')::timestamptz >= entity.due
                    and entity.alarms #>> '{-1,outcome}' is null then 'missed'
                else 'watched' end""",
            "misses": "jsonb_array_length(entity.alarms)",
            "last_missed_at": "(entity.alarms #>> '{-1,missed_at}')::timestamptz",
            "last_outcome": "coalesce(entity.alarms #>> '{-1,outcome}', "
            "case when entity.alarms #>> '{-1,unanswered_at}' is not null then 'unanswered' end)",
        },
    ),
)
