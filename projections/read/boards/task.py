"""督办重点任务、为民办实事: tasks by tier, place, unit and person."""

from __future__ import annotations

from projections.read.declared import Board, Book, Ratio
from projections.read.holder import name_of
from projections.task import task_day, task_person, task_place, task_unit

_TITLES = {
    "assigned": "交办",
    "progressed": "有进展",
    "done": "完成",
    "verified": "核验通过",
    "rejected": "退回过",
    "overdue": "超期",
}
_RATIOS = {"done_share": Ratio("done", "assigned", "完成率")}
_COLUMNS = {"tier": "交办层级", "kind": "类别"}

BOARDS = (
    Board("task-board", "督办任务", task_day, _TITLES, _RATIOS, columns=_COLUMNS),
    Board("tasks-by-place", "督办任务（按地点）", task_place, _TITLES, _RATIOS, columns=_COLUMNS),
    Board("tasks-by-unit", "督办任务（按单位）", task_unit, _TITLES, _RATIOS, columns=_COLUMNS),
    Board("tasks-by-person", "督办任务（按人）", task_person, _TITLES, _RATIOS, columns=_COLUMNS),
)
BOOKS = (
    Book(
        name="tasks",
        title="督办台账",
        family="task",
        titles={
            "title": "任务",
            "kind": "类别",
            "tier": "交办层级",
            "watcher": "督办人",
            "held_by": "承办方",
            "place": "地点",
            "status": "状态",
            "assigned_at": "交办",
            "due": "时限",
            "days_late": "超期天数",
            "percent": "进度（%）",
            "done_at": "完成",
            "verified_at": "核验",
            "rejections": "退回（次）",
        },
        at="assigned_at",
        places=("place", "holder"),
        units=("holder",),
        persons=("holder", "watcher"),
        computed={
            "held_by": name_of("holder"),
            "status": """case
                when entity.verified_at is not null then 'verified'
                when entity.done_at is not null then 'done'
                when entity.rejected_at is not null then 'sent_back'
                when entity.progressed_at is not null then 'progressed'
                else 'assigned' end""",
            "days_late": "greatest(0, ceil(extract(epoch from"
            " coalesce(entity.done_at, entity.verified_at, %(as_of)s) - entity.due) / 86400))::int",
        },
    ),
)
