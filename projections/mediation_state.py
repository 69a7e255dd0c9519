"""What is known of one dispute, and the small records that it keeps lists of."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ledger.events import mediation as said
from projections.case_state import Pause
from projections.family import Fired, State

MediationEvent = (
    said.MediationOpened
    | said.MediationRefused
    | said.MediationMet
    | said.MediationPaused
    | said.MediationExtended
    | said.MediationEscalated
    | said.MediationSettled
    | said.MediationFailed
    | said.MediationFollowedUp
    | said.MediationOverdue
)


class Meeting(Struct, frozen=True):
    """One attempt, by sentiment, reason, law or guidance to court."""

    method: str
    at: datetime


class Mediation(State, frozen=True):
    """One dispute. `source` and `event_id` say where `text` was sealed; parties are opaque.

    `level_since` is when it came to its level (told at `level_recorded_at`). An extension by agreement, at
    `extended_at`, gave time until `due` to the level `extended_level` and to the whole.
    """

    source: str | None = None
    event_id: str | None = None
    opened_at: datetime | None = None
    recorded_at: datetime | None = None
    channel: str | None = None
    place: str | None = None
    cause: str | None = None
    parties: tuple[str, ...] = ()
    text: str | None = None
    mediator: str | None = None
    first_responsible: str | None = None
    remote: bool | None = None
    level: str | None = None
    level_since: datetime | None = None
    level_recorded_at: datetime | None = None
    escalated_by: str | None = None
    meetings: tuple[Meeting, ...] = ()
    pauses: tuple[Pause, ...] = ()
    extended_at: datetime | None = None
    extended_recorded_at: datetime | None = None
    extended_level: str | None = None
    due: datetime | None = None
    refused_at: datetime | None = None
    refused_by: str | None = None
    settled_at: datetime | None = None
    judicial_confirmation: bool | None = None
    failed_at: datetime | None = None
    failed_to: str | None = None
    followed_up_at: datetime | None = None
    holds: bool | None = None
    fired: tuple[Fired, ...] = ()

    @property
    def ended_at(self) -> datetime | None:
        """When it was settled, failed or refused; of these one holds at a time."""
        return self.settled_at or self.failed_at or self.refused_at

    @property
    def is_open(self) -> bool:
        """Opened and not ended."""
        return self.opened_at is not None and self.ended_at is None
