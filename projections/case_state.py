"""What is known of one case, and the small records that it keeps lists of."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from ledger.events import case as said
from projections.family import LIST_ITEMS, Fired, State

CaseEvent = (
    said.CaseDiscovered
    | said.CaseRefused
    | said.CaseDispatched
    | said.CaseAccepted
    | said.CaseDeclined
    | said.CaseWhistleRequested
    | said.CaseWhistled
    | said.CaseReported
    | said.CaseDeliberated
    | said.CaseHandled
    | said.CaseReplied
    | said.CaseRated
    | said.CaseLookedUp
    | said.CaseReopenRequested
    | said.CaseReopened
    | said.CaseExtended
    | said.CasePaused
    | said.CaseResumed
    | said.CaseMerged
    | said.CaseDisputed
    | said.CaseDisputeRuled
    | said.CaseExcluded
    | said.CaseSupervised
    | said.CaseEscalated
    | said.CaseOverdue
    | said.CaseWithdrawn
    | said.CaseClosed
)
T = TypeVar("T")


class Obligation(Struct, frozen=True):
    """What one called unit owes to one whistle; it began when the whistle blew, and was told at `recorded_at`."""

    whistle: str
    unit: str
    part: str | None = None
    kind: str | None = None
    began: datetime | None = None
    report_due: datetime | None = None
    handle_due: datetime | None = None
    reported_at: datetime | None = None
    handled_at: datetime | None = None
    resolved: bool | None = None
    recorded_at: datetime | None = None

    @property
    def key(self) -> str:
        """What tells its clocks from those of the case's other obligations."""
        return f"{self.whistle}~{self.unit}"


class Rating(Struct, frozen=True):
    """One answer of the resident, by call-back or of their own accord; `authid` is who told it."""

    by: str
    at: datetime
    reached: bool
    contacted: bool | None
    resolved: bool | None
    satisfaction: str | None
    authid: str | None = None


class Pause(Struct, frozen=True):
    """Time that does not count; `until` is None while it lasts."""

    since: datetime
    until: datetime | None


class Dispute(Struct, frozen=True):
    """A contested point; `upheld` is None until ruled."""

    by: str
    about: str
    at: datetime
    upheld: bool | None


class Case(State, frozen=True):
    """One case. `source` and `event_id` say where `text` and `location` were sealed.

    `external_…` is how another system knows it; `…recorded_at` are the broker's stamps of what starts a clock;
    `discovered_by`, `closed_by` are who told it.
    """

    source: str | None = None
    event_id: str | None = None
    discovered_at: datetime | None = None
    recorded_at: datetime | None = None
    channel: str | None = None
    demand: str | None = None
    category: str | None = None
    urgency: str | None = None
    handle_class: str | None = None
    place: str | None = None
    text: str | None = None
    location: str | None = None
    reporter: str | None = None
    about: str | None = None
    first_responsible: str | None = None
    continues: str | None = None
    external_system: str | None = None
    external_number: str | None = None
    photos: int = 0
    fingerprints: tuple[str, ...] = ()
    discovered_by: str | None = None
    refused_at: datetime | None = None
    dispatched_at: datetime | None = None
    dispatches: int = 0
    assignee: str | None = None
    grid: str | None = None
    sign_in_due: datetime | None = None
    handle_due: datetime | None = None
    dispatch_rule: str | None = None
    dispatch_recorded_at: datetime | None = None
    accepted_at: datetime | None = None
    declined: int = 0
    declined_by: tuple[str, ...] = ()
    whistle_requested_at: datetime | None = None
    whistled_at: datetime | None = None
    obligations: tuple[Obligation, ...] = ()
    deliberated_at: datetime | None = None
    handled_at: datetime | None = None
    first_handled_at: datetime | None = None
    first_handle_due: datetime | None = None
    handled_by: str | None = None
    resolved: bool | None = None
    replied_at: datetime | None = None
    ratings: tuple[Rating, ...] = ()
    looked_up_at: datetime | None = None
    lookups: int = 0
    reopen_requested_at: datetime | None = None
    reopened_at: datetime | None = None
    reopen_recorded_at: datetime | None = None
    reopens: int = 0
    extensions: int = 0
    pauses: tuple[Pause, ...] = ()
    merged_into: str | None = None
    merged_at: datetime | None = None
    disputes: tuple[Dispute, ...] = ()
    excluded_at: datetime | None = None
    supervised_by: str | None = None
    supervised_at: datetime | None = None
    escalated_to: str | None = None
    escalated_at: datetime | None = None
    withdrawn_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    fired: tuple[Fired, ...] = ()

    @property
    def counted_at(self) -> str | None:
        """The place whose case it is: the grid of its last dispatch, else where it was discovered."""
        return self.grid or self.place

    @property
    def is_open(self) -> bool:
        """Discovered and not ended, or reopened since."""
        ended = self.refused_at or self.handled_at or self.merged_at or self.withdrawn_at or self.closed_at
        return self.discovered_at is not None and ended is None


def capped(items: tuple[T, ...], item: T) -> tuple[T, ...]:
    """The items and one more, up to the limit; `anomaly` names what does not fit."""
    return items if len(items) >= LIST_ITEMS else (*items, item)
