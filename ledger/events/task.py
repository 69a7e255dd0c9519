"""task 督办重点任务、为民办实事: what a tier puts on somebody's list, and whether it was done."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.event import Event
from ledger.fields import Name, PlaceRef, Reference, TaskHolderRef, Text, Time
from ledger.overdue import Overdue

Tier = Literal["county", "town", "community"]


class TaskAssigned(
    Event,
    type="task.assigned",
    term="交办",
    sample={
        "tier": "county",
        "by": "person/leader-1",
        "to": "unit/housing-bureau",
        "title": "云泰园小区外围停车场整改",
        "due": "2024-06-30T18:00:00+08:00",
        "kind": "supervised",
        "place": "place/yuntai-garden",
    },
):
    """A tier assigned a task (督办重点任务, 为民办实事); `by` is the leader or body that watches over it."""

    tier: Tier
    to: TaskHolderRef
    title: Name
    due: Time
    by: Reference | None = None
    kind: Literal["supervised", "livelihood"] | None = None
    place: PlaceRef | None = None


class TaskProgressed(Event, type="task.progressed", term="进展", sample={"percent": 60, "note": "已完成划线"}):
    """Somebody told how far it is."""

    percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    note: Text | None = None


class TaskDone(Event, type="task.done", term="完成", sample={"note": "整改完成"}):
    """Who holds the task says that it is done."""

    note: Text | None = None


class TaskVerified(Event, type="task.verified", term="核验", sample={"ok": True}):
    """The tier looked at it; a task that is not ok is open again (销号、退回)."""

    ok: bool = True
    note: Text | None = None


class TaskOverdue(
    Overdue,
    type="task.overdue",
    term="督办超期",
    sample={
        "clock": "due",
        "holder": "unit/housing-bureau",
        "due": "2024-06-30T18:00:00+08:00",
        "rule": "clocks-2024-1",
    },
):
    """The task was not done by its due time."""
