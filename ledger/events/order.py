"""order 点餐式服务: communities order (点单), units take the order (接单), residents supervise (群众监督)."""

from __future__ import annotations

from ledger.event import Event
from ledger.events.case import Satisfaction
from ledger.fields import Name, PersonRefs, PlaceRef, Reference, Text, Time, UnitRef
from ledger.overdue import Overdue


class OrderPlaced(
    Event,
    type="order.placed",
    term="社区点单",
    sample={
        "title": "楼道照明维修",
        "community": "place/yunxing",
        "estate": "place/yuntai-garden",
        "due": "2024-05-20T18:00:00+08:00",
    },
):
    """A community ordered a service for an estate, to be done by `due` (社区“点单”)."""

    title: Name
    community: PlaceRef
    due: Time
    estate: PlaceRef | None = None


class OrderTaken(Event, type="order.taken", term="单位接单", sample={"unit": "unit/power-company"}):
    """A unit took the order (单位“接单”); the first one has it."""

    unit: UnitRef


class OrderDone(
    Event,
    type="order.done",
    term="完成服务",
    sample={
        "persons": ["person/zhang-1c2d"],
        "solved": True,
        "began": "2024-05-18T09:00:00+08:00",
        "ended": "2024-05-18T11:00:00+08:00",
    },
):
    """The unit's people did it, solved or not; `act` where the same deed is told as another service too."""

    persons: PersonRefs
    solved: bool
    began: Time
    ended: Time
    act: Reference | None = None


class OrderSupervised(Event, type="order.supervised", term="群众监督", sample={"ok": True}):
    """Residents looked at what was done and said whether it holds (群众监督)."""

    ok: bool
    note: Text | None = None


class OrderRated(Event, type="order.rated", term="服务评价", sample={"satisfaction": "satisfied"}):
    """The community's word on the service."""

    satisfaction: Satisfaction


class OrderOverdue(
    Overdue,
    type="order.overdue",
    term="点单超期",
    sample={
        "clock": "due",
        "holder": "unit/power-company",
        "due": "2024-05-20T18:00:00+08:00",
        "rule": "clocks-2024-1",
    },
):
    """The order was not solved by its due time; the holder is who took it, if anybody did."""
