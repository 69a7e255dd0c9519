"""What every family with a clock tells in the same words: that a clock ran out."""

from __future__ import annotations

from ledger.event import Event
from ledger.fields import Name, PartyRef, Time


class Overdue(Event):
    """A clock of the subject ran out; the event's time is `due`. `key` tells several clocks of one kind apart."""

    clock: Name
    due: Time
    rule: Name
    key: Name | None = None
    holder: PartyRef | None = None
