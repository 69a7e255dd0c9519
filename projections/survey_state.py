"""What is known of one survey, and the small records that it keeps lists of."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ledger.events import survey as said
from projections.family import State

SurveyEvent = (
    said.SurveyOpened | said.CardSubmitted | said.SurveyClosed | said.RemedyProposed | said.RemedyAdopted
)
CARDS = 1_000
"""A survey takes at most so many cards: the numbers of all have to be known, so that none counts twice."""


class Item(Struct, frozen=True):
    """A service that is scored: who provides it, how, and in what form."""

    item: str
    provider: str
    method: str
    form: str


class Mean(Struct, frozen=True):
    """How many scored an item, and the sum of their scores of 100."""

    item: str
    scores: int
    total: int


class Remedy(Struct, frozen=True):
    """What is to be changed about an item; adopted by whose authority."""

    item: str
    topic: str | None = None
    change: str | None = None
    to: str | None = None
    authority: str | None = None
    proposed_at: datetime | None = None
    adopted_at: datetime | None = None


class Survey(State, frozen=True):
    """One survey. `recorded_at` is when its opening was recorded; opinions stay in the ledger, sealed."""

    estate: str | None = None
    organiser: str | None = None
    until: datetime | None = None
    issued: int = 0
    items: tuple[Item, ...] = ()
    numbers: tuple[str, ...] = ()
    cards: int = 0
    opinions: int = 0
    means: tuple[Mean, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    opened_at: datetime | None = None
    recorded_at: datetime | None = None
    closed_at: datetime | None = None
