"""mediation 矛盾纠纷“三级七天调解法”: grid, community and town, a clock for each level and one for all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events import mediation as said
from ledger.record import Record
from projections.case_state import Pause, capped
from projections.family import LIST_ITEMS, Deadline, Fired, running
from projections.mediation_state import Mediation, MediationEvent, Meeting
from projections.mediation_tallies import TALLIES, contribute

VERSION = 1

__all__ = ["TALLIES", "VERSION", "Mediation", "anomaly", "contribute", "deadlines", "evolve"]

_LEVELS = {"grid": 1, "community": 2, "town": 3, "county": 4}


def evolve(mediation: Mediation, record: Record[MediationEvent]) -> Mediation:
    """The last of settled, failed and refused holds; a meeting or an escalation after a refusal takes it up again.

    Levels only go up, and not after the end: an escalation counts where its time lies before it, however late it is
    told. Pauses end by themselves; a new one replaces what is left of the one before. What comes before the opening
    is kept, and the opening does not lower a level.
    """
    time = record.time
    match record.event:
        case said.MediationOpened() as event:
            return _opened(mediation, record, event)
        case said.MediationMet(method=method):
            return replace(_taken_up(mediation, time), meetings=capped(mediation.meetings, Meeting(method, time)))
        case said.MediationEscalated() as event:
            return _escalated(_taken_up(mediation, time), record, event)
        case said.MediationPaused(until=until):
            return replace(mediation, pauses=_pauses(mediation, time, until))
        case said.MediationExtended(due=due):
            return replace(
                mediation,
                extended_at=time,
                extended_recorded_at=record.stamp,
                extended_level=mediation.level or "grid",
                due=due,
            )
        case said.MediationSettled(judicial_confirmation=confirmed):
            return replace(_unended(mediation), settled_at=time, judicial_confirmation=confirmed)
        case said.MediationFailed(to=to):
            return replace(_unended(mediation), failed_at=time, failed_to=to)
        case said.MediationRefused(party=party):
            return replace(_unended(mediation), refused_at=time, refused_by=party)
        case said.MediationFollowedUp(holds=holds):
            return replace(mediation, followed_up_at=time, holds=holds)
        case said.MediationOverdue(clock=clock, key=key, due=due):
            return replace(mediation, fired=capped(mediation.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def _opened(mediation: Mediation, record: Record[MediationEvent], event: said.MediationOpened) -> Mediation:
    if mediation.level is None or mediation.level_since is None:
        mediation = replace(
            mediation, level=event.level, level_since=record.time, level_recorded_at=record.stamp
        )
    return replace(
        mediation,
        source=record.source,
        event_id=record.id,
        opened_at=mediation.opened_at or record.time,
        recorded_at=mediation.recorded_at or record.stamp,
        channel=event.channel,
        place=event.place,
        cause=event.cause,
        parties=event.parties,
        text=event.text,
        mediator=event.mediator,
        first_responsible=event.first_responsible,
        remote=event.remote,
    )


def _unended(mediation: Mediation) -> Mediation:
    return replace(mediation, settled_at=None, failed_at=None, failed_to=None, refused_at=None)


def _taken_up(mediation: Mediation, time: datetime) -> Mediation:
    is_after = mediation.refused_at is not None and time > mediation.refused_at
    return replace(mediation, refused_at=None) if is_after else mediation


def _escalated(mediation: Mediation, record: Record[MediationEvent], event: said.MediationEscalated) -> Mediation:
    if _is_over(mediation, record.time) or _is_at_least(mediation, event.to):
        return mediation
    return replace(
        mediation,
        level=event.to,
        level_since=record.time,
        level_recorded_at=record.stamp,
        escalated_by=event.by,
    )


def _is_over(mediation: Mediation, time: datetime) -> bool:
    return mediation.ended_at is not None and time > mediation.ended_at


def _is_at_least(mediation: Mediation, level: str) -> bool:
    return mediation.level is not None and _LEVELS[mediation.level] >= _LEVELS[level]


def _pauses(mediation: Mediation, time: datetime, until: datetime) -> tuple[Pause, ...]:
    cut = [replace(one, until=time) if one.until and one.since <= time < one.until else one for one in mediation.pauses]
    return capped(tuple(cut), Pause(time, max(time, until)))


def anomaly(mediation: Mediation, record: Record[MediationEvent]) -> str | None:
    """Why the event makes no sense for this dispute as it was before."""
    match record.event:
        case said.MediationOpened():
            return "opened twice" if mediation.opened_at else None
        case _ if mediation.opened_at is None:
            return "came before the dispute was opened"
        case said.MediationMet() if len(mediation.meetings) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} meetings of one dispute"
        case said.MediationEscalated(to=to) if _is_at_least(mediation, to):
            return "escalated to a level that it has reached"
        case said.MediationEscalated() | said.MediationMet() if mediation.refused_at is None and _is_over(
            mediation, record.time
        ):
            return "went on after it ended"
        case said.MediationPaused(until=until) if until <= record.time:
            return "paused until before the pause"
        case said.MediationPaused() if len(mediation.pauses) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} pauses of one dispute"
        case said.MediationSettled() | said.MediationFailed() | said.MediationRefused() if mediation.ended_at:
            return "ended twice"
        case said.MediationFollowedUp() if mediation.settled_at is None:
            return "followed up before it was settled"
        case said.MediationOverdue() if len(mediation.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} times overdue"
    return None


def deadlines(mediation: Mediation) -> Iterator[Deadline]:
    """The clock of its level, and that of all levels together; paused time does not count."""
    return running(_started(mediation), mediation.fired)


def _started(mediation: Mediation) -> Iterator[Deadline]:
    if not (mediation.is_open and mediation.opened_at and mediation.recorded_at and mediation.level):
        return
    level, is_extended = mediation.level, mediation.due is not None
    if mediation.level_since and mediation.level_recorded_at:
        is_its = is_extended and mediation.extended_level == level
        yield _clock(mediation, "level", level, mediation.level_since, mediation.level_recorded_at, is_its)
    yield _clock(mediation, "total", "", mediation.opened_at, mediation.recorded_at, is_extended)


def _clock(
    mediation: Mediation, clock: str, level: str, started_at: datetime, recorded_at: datetime, is_extended: bool
) -> Deadline:
    """An extended clock starts anew with the extension, whose due took the pauses before it into account."""
    return Deadline(
        clock=clock,
        key=level,
        started_at=mediation.extended_at if is_extended and mediation.extended_at else started_at,
        recorded_at=mediation.extended_recorded_at if is_extended and mediation.extended_recorded_at else recorded_at,
        span_class=level,
        due=mediation.due if is_extended else None,
        holder=mediation.mediator,
        pauses=tuple([(one.since, one.until) for one in mediation.pauses]),
    )
