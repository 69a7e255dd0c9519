"""task 督办重点任务、为民办实事: assigned by a tier, done by its holder, verified, or open again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.task import TaskAssigned, TaskDone, TaskOverdue, TaskProgressed, TaskVerified
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, running

VERSION = 1

_MEASURES = ("assigned", "progressed", "done", "verified", "rejected", "overdue")
_KEY = ("tier", "kind", "day")
task_day = Tally("task_day", _KEY, _MEASURES)
task_place = Tally("task_place", ("place", *_KEY), _MEASURES)
task_unit = Tally("task_unit", ("unit", *_KEY), _MEASURES)
task_person = Tally("task_person", ("person", *_KEY), _MEASURES)
TALLIES = (task_day, task_place, task_unit, task_person)

TaskEvent = TaskAssigned | TaskProgressed | TaskDone | TaskVerified | TaskOverdue


class Task(State, frozen=True):
    """One task. `holder` is who has to do it, `watcher` who follows it up; `place` is where, if it is anywhere."""

    tier: str | None = None
    kind: str | None = None
    title: str | None = None
    holder: str | None = None
    watcher: str | None = None
    place: str | None = None
    due: datetime | None = None
    assigned_at: datetime | None = None
    recorded_at: datetime | None = None
    percent: int | None = None
    progressed_at: datetime | None = None
    done_at: datetime | None = None
    verified_at: datetime | None = None
    rejected_at: datetime | None = None
    rejections: int = 0
    fired: tuple[Fired, ...] = ()

    @property
    def is_done(self) -> bool:
        """Said to be done, or verified, and not sent back since."""
        return self.done_at is not None or self.verified_at is not None


def evolve(task: Task, record: Record[TaskEvent]) -> Task:
    """The last assignment holds (改派、延期), and it counts on the day of the first; the last verification holds.

    What was sent back is open until it is done anew: an earlier doing that arrives after that stays sent back.
    """
    time = record.time
    match record.event:
        case TaskAssigned() as event:
            return _assigned(task, record, event)
        case TaskProgressed(percent=percent):
            known = task.percent if percent is None else percent
            return replace(task, percent=known, progressed_at=time)
        case TaskDone():
            sent_back = task.rejected_at is not None and time <= task.rejected_at
            return task if sent_back else replace(task, done_at=task.done_at or time)
        case TaskVerified(ok=True):
            return replace(task, verified_at=time)
        case TaskVerified():
            rejections = task.rejections + 1
            return replace(task, done_at=None, verified_at=None, rejected_at=time, rejections=rejections)
        case TaskOverdue(clock=clock, key=key, due=due):
            return replace(task, fired=capped(task.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def _assigned(task: Task, record: Record[TaskEvent], event: TaskAssigned) -> Task:
    return replace(
        task,
        tier=event.tier,
        kind=event.kind,
        title=event.title,
        holder=event.to,
        watcher=event.by,
        place=event.place,
        due=event.due,
        assigned_at=task.assigned_at or record.time,
        recorded_at=record.stamp,
    )


def anomaly(task: Task, record: Record[TaskEvent]) -> str | None:
    """Why the event makes no sense for this task as it was before."""
    match record.event:
        case TaskAssigned() if task.verified_at:
            return "assigned again after it was verified"
        case TaskAssigned():
            return None
        case TaskOverdue() if len(task.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} overdue in one task"
        case _ if not task.assigned_at:
            return "came before it was assigned"
        case TaskDone() if task.is_done:
            return "done twice"
        case TaskVerified() if not task.is_done:
            return "verified before it was done"
    return None


def contribute(task: Task) -> Iterator[Share]:
    """On the day of its assignment: in its tier, at its place, and with its holder (a place, a unit or a person)."""
    if not (task.assigned_at and task.tier and task.holder):
        return
    key = (task.tier, task.kind or "", day_of(task.assigned_at))
    counts = {
        "assigned": 1,
        "progressed": task.progressed_at is not None,
        "done": task.is_done,
        "verified": task.verified_at is not None,
        "rejected": task.rejections > 0,
        "overdue": len(task.fired) > 0,
    }
    yield task_day.share(*key, **counts)
    place = task.place or (task.holder if task.holder.startswith("place/") else None)
    if place:
        yield task_place.share(place, *key, **counts)
    if task.holder.startswith("unit/"):
        yield task_unit.share(task.holder, *key, **counts)
    elif task.holder.startswith("person/"):
        yield task_person.share(task.holder, *key, **counts)


def deadlines(task: Task) -> Iterator[Deadline]:
    """By its stamped due, until it is done; late is its holder, and nobody where that is a place."""
    if task.assigned_at is None or task.recorded_at is None or task.due is None or task.is_done:
        return
    holder = None if task.holder is None or task.holder.startswith("place/") else task.holder
    clock = Deadline(
        clock="due",
        started_at=task.assigned_at,
        recorded_at=task.recorded_at,
        due=task.due,
        holder=holder,
    )
    yield from running((clock,), task.fired)
