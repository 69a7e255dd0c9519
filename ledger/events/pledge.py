"""pledge 践诺评诺: what a party member pledges in a branch, keeps, and is reviewed for."""

from __future__ import annotations

from typing import Annotated, Literal

from ledger.event import Event
from ledger.fields import Personal, PersonRef, PlaceRef, Reference, Score, SealedText, Text, Time
from ledger.overdue import Overdue


class PledgeMade(
    Event,
    type="pledge.made",
    term="承诺",
    sample={
        "person": "person/wang-55aa",
        "text": "每月入户走访两户困难家庭。",
        "due": "2024-08-31T18:00:00+08:00",
        "branch": "place/yuntai-garden",
        "place": "place/yuntai-garden",
    },
):
    """A member made a pledge in a branch, to be kept by `due` (承诺)."""

    person: PersonRef
    text: Annotated[SealedText, Personal(Text, owner="person")]
    due: Time
    branch: Reference
    place: PlaceRef


class PledgeKept(Event, type="pledge.kept", term="践诺", sample={}):
    """The pledge was kept (践诺)."""


class PledgeReviewed(Event, type="pledge.reviewed", term="评诺", sample={"by": "residents", "score": 92}):
    """The branch or the residents reviewed it with a score of 100 (评诺)."""

    by: Literal["branch", "residents"]
    score: Score


class PledgeOverdue(
    Overdue,
    type="pledge.overdue",
    term="承诺超期",
    sample={
        "clock": "due",
        "due": "2024-08-31T18:00:00+08:00",
        "rule": "clocks-2024-1",
        "holder": "person/wang-55aa",
    },
):
    """The pledge was not kept by its due (承诺超期)."""
