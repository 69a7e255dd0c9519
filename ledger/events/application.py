"""application 一门式申办: one person's application for a service item, from filing to the result in hand."""

from __future__ import annotations

from ledger.event import Event
from ledger.events.service import ServiceChannel
from ledger.fields import Name, PersonRef, PlaceRef, Text, WorkingDays
from ledger.overdue import Overdue


class ApplicationFiled(
    Event,
    type="application.filed",
    term="申请",
    sample={
        "item": "social-assistance",
        "person": "person/zhao-9b1e",
        "channel": "window",
        "window": "yunxing-3",
        "community": "place/yunxing",
        "first_responsible": "person/li-7f3a",
        "promised_working_days": 10,
    },
):
    """Somebody applied for an item (帮您办事、一站受理); who took it in sees it through (首问负责)."""

    item: Name
    person: PersonRef
    channel: ServiceChannel
    community: PlaceRef
    window: Name | None = None
    first_responsible: PersonRef | None = None
    promised_working_days: WorkingDays | None = None


class ApplicationAccepted(
    Event, type="application.accepted", term="受理", sample={"promised_working_days": 10}
):
    """It was complete and is being handled; the promised working days begin (受理)."""

    promised_working_days: WorkingDays | None = None


class ApplicationReturned(
    Event, type="application.returned", term="一次性告知补正", sample={"missing": "收入证明"}
):
    """Something is missing; time stands still until it is accepted again (一次性告知)."""

    missing: Text


class ApplicationDecided(Event, type="application.decided", term="办结", sample={"granted": True}):
    """It was granted or not (办结)."""

    granted: bool


class ApplicationDelivered(Event, type="application.delivered", term="送达", sample={}):
    """The result is in the person's hands (送达)."""


class ApplicationOverdue(
    Overdue,
    type="application.overdue",
    term="办理超期",
    sample={
        "clock": "promised",
        "holder": "person/li-7f3a",
        "due": "2024-05-25T00:00:00+08:00",
        "rule": "clocks-2024-1",
    },
):
    """It was not decided within the promised working days."""
