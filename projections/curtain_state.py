"""What is known of one curtain agreement, and the misses that it keeps a list of."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ledger.events import curtain as said
from projections.family import State, day_of

CurtainEvent = (
    said.CurtainAgreed
    | said.CurtainSeen
    | said.CurtainPaused
    | said.CurtainResumed
    | said.CurtainEnded
    | said.CurtainMissed
    | said.CurtainChecked
    | said.CurtainUnanswered
)


class Alarm(Struct, frozen=True):
    """A curtain that stayed shut (told at `recorded_at`, the broker's stamp) and what came of it.

    `outcome`: safe or helped as the watcher said, or seen where the curtain was seen that day after all.
    """

    missed_at: datetime
    recorded_at: datetime
    outcome: str | None = None
    answered_at: datetime | None = None
    unanswered_at: datetime | None = None


class Curtain(State, frozen=True):
    """One agreement. `household` is opaque; `by_time` is a time of day in Shanghai.

    `due` is until when the curtain is awaited, since `waits_since` (told at `recorded_at`). `resumed_at` is also when
    it was agreed again, `settled_at` the last moment by which somebody knew of the household.
    """

    agreed_at: datetime | None = None
    household: str | None = None
    household_group: str | None = None
    watcher: str | None = None
    by_time: str | None = None
    grid: str | None = None
    consent: bool | None = None
    due: datetime | None = None
    waits_since: datetime | None = None
    recorded_at: datetime | None = None
    seen: int = 0
    last_seen_at: datetime | None = None
    settled_at: datetime | None = None
    alarms: tuple[Alarm, ...] = ()
    paused_at: datetime | None = None
    resumed_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_watched(self) -> bool:
        """Agreed with consent, and neither paused nor ended."""
        return bool(self.agreed_at and self.consent) and self.paused_at is None and self.ended_at is None

    @property
    def open_alarm(self) -> Alarm | None:
        """The alarm of the awaited day, which nobody has settled."""
        if not self.alarms or self.due is None:
            return None
        last = self.alarms[-1]
        is_open = last.outcome is None and last.unanswered_at is None
        return last if is_open and day_of(last.missed_at) == day_of(self.due) else None
