"""curtain 窗帘行动: whose curtain is awaited until when, what was missed, and what the knock came to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import assert_never

from msgspec.structs import replace

from ledger.events import curtain as said
from ledger.record import Record
from projections.curtain_state import Alarm, Curtain, CurtainEvent
from projections.curtain_tallies import TALLIES, contribute
from projections.family import LIST_ITEMS, SHANGHAI, Deadline, Request, day_of

VERSION = 1

__all__ = ["TALLIES", "VERSION", "Curtain", "anomaly", "contribute", "deadlines", "evolve", "react"]

_MINUTES = {f"{minute // 60:02}:{minute % 60:02}": minute for minute in range(24 * 60)}
_DAY = timedelta(days=1)


def evolve(curtain: Curtain, record: Record[CurtainEvent]) -> Curtain:
    """Awaited is the first by_time after the agreement, and after each day that is settled that of the next day.

    What is seen, checked or unanswered settles its day; what is told late moves nothing back. A miss of a day on which
    the curtain was seen alarms nobody. A check after an unanswered knock is kept beside it. The later one by their
    times holds of a pause and a resumption. A second agreement replaces the first, and begins anew what had ended.
    What comes before the agreement counts once that arrives.
    """
    time = record.time
    match record.event:
        case said.CurtainAgreed() as event:
            return _awaiting(_agreed(curtain, event, time), record)
        case said.CurtainSeen():
            return _awaiting(_seen(curtain, time), record)
        case said.CurtainMissed():
            return _missed(curtain, record)
        case said.CurtainChecked(outcome=outcome):
            answered = [replace(one, outcome=outcome, answered_at=time) for one in _unanswered(curtain, time)]
            return _awaiting(_settled(curtain, time, answered), record)
        case said.CurtainUnanswered():
            unanswered = [
                replace(one, unanswered_at=time) for one in _unanswered(curtain, time) if not one.unanswered_at
            ]
            return _awaiting(_settled(curtain, time, unanswered), record) if unanswered else curtain
        case said.CurtainPaused():
            is_over = curtain.resumed_at is not None and curtain.resumed_at >= time
            return curtain if is_over else replace(curtain, paused_at=time)
        case said.CurtainResumed():
            return _awaiting(_resumed(curtain, time), record)
        case said.CurtainEnded():
            return replace(curtain, ended_at=curtain.ended_at or time)
        case _:
            assert_never(record.event)


def _agreed(curtain: Curtain, event: said.CurtainAgreed, time: datetime) -> Curtain:
    if curtain.agreed_at:
        curtain = replace(curtain, resumed_at=_later(curtain.resumed_at, time), ended_at=None)
    return replace(
        curtain,
        agreed_at=curtain.agreed_at or time,
        household=event.household,
        household_group=event.group,
        watcher=event.watcher,
        by_time=event.by_time,
        grid=event.grid,
        consent=event.consent,
    )


def _seen(curtain: Curtain, time: datetime) -> Curtain:
    alarm = curtain.open_alarm
    is_answer = alarm is not None and day_of(time) >= day_of(alarm.missed_at)
    if alarm and is_answer:
        late = replace(alarm, outcome="seen", answered_at=_later(alarm.missed_at, time))
        curtain = replace(curtain, alarms=(*curtain.alarms[:-1], late))
    last = curtain.last_seen_at
    is_new_day = last is None or day_of(last) != day_of(time)
    return replace(
        curtain,
        seen=curtain.seen + is_new_day,
        last_seen_at=_later(last, time),
        settled_at=_later(curtain.settled_at, time),
    )


def _missed(curtain: Curtain, record: Record[CurtainEvent]) -> Curtain:
    """One alarm a day; where the list is full the new one takes the last one's place, so that clocks go on."""
    time, seen = record.time, curtain.last_seen_at
    if _is_alarmed(curtain, time):
        return curtain
    alarm = Alarm(time, record.stamp)
    if seen and day_of(seen) == day_of(time):
        alarm = replace(alarm, outcome="seen", answered_at=_later(seen, time))
    return replace(curtain, alarms=(*curtain.alarms[: LIST_ITEMS - 1], alarm))


def _is_alarmed(curtain: Curtain, time: datetime) -> bool:
    return any(day_of(one.missed_at) == day_of(time) for one in curtain.alarms)


def _unanswered(curtain: Curtain, time: datetime) -> tuple[Alarm, ...]:
    """The last alarm, where an answer of that time may be meant for it: within a day, and not answered."""
    last = curtain.alarms[-1:]
    return tuple([one for one in last if one.outcome is None and timedelta(0) <= time - one.missed_at < _DAY])


def _settled(curtain: Curtain, time: datetime, answered: list[Alarm]) -> Curtain:
    """An answer settles the day of its alarm, even after midnight; a check without an alarm settles its own day."""
    for alarm in answered:
        time = alarm.missed_at
        curtain = replace(curtain, alarms=(*curtain.alarms[:-1], alarm))
    return replace(curtain, settled_at=_later(curtain.settled_at, time))


def _resumed(curtain: Curtain, time: datetime) -> Curtain:
    is_paused_later = curtain.paused_at is not None and curtain.paused_at > time
    paused_at = curtain.paused_at if is_paused_later else None
    return replace(curtain, paused_at=paused_at, resumed_at=_later(curtain.resumed_at, time))


def _awaiting(curtain: Curtain, record: Record[CurtainEvent]) -> Curtain:
    """With the next due; a clock starts with the event that moved it."""
    if curtain.agreed_at is None or curtain.by_time not in _MINUTES:
        return curtain
    begins = _later(curtain.resumed_at, curtain.agreed_at)
    due = _that_day(begins, curtain.by_time)
    if due <= begins:
        due += _DAY
    if curtain.settled_at:
        due = max(due, _that_day(curtain.settled_at, curtain.by_time) + _DAY)
    if due == curtain.due:
        return curtain
    return replace(curtain, due=due, waits_since=record.time, recorded_at=record.stamp)


def _that_day(time: datetime, by_time: str) -> datetime:
    minutes, local = _MINUTES[by_time], time.astimezone(SHANGHAI)
    return local.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0).astimezone(UTC)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def anomaly(curtain: Curtain, record: Record[CurtainEvent]) -> str | None:
    """Why the event makes no sense for this curtain as it was before."""
    time = record.time
    match record.event:
        case said.CurtainAgreed(consent=False):
            return "agreed without consent"
        case said.CurtainAgreed():
            return "agreed twice" if curtain.agreed_at and not curtain.ended_at else None
        case _ if curtain.agreed_at is None:
            return "came before the curtain was agreed"
        case said.CurtainEnded() if curtain.ended_at:
            return "ended twice"
        case _ if curtain.ended_at and curtain.ended_at < time:
            return "came after it ended"
        case said.CurtainSeen() if curtain.last_seen_at and day_of(curtain.last_seen_at) == day_of(time):
            return "seen twice on one day"
        case said.CurtainMissed():
            return _odd_miss(curtain, time)
        case said.CurtainChecked() if not _unanswered(curtain, time):
            return "checked without being missed"
        case said.CurtainUnanswered() if not any(not one.unanswered_at for one in _unanswered(curtain, time)):
            return "unanswered without a knock that was awaited"
        case said.CurtainPaused() if curtain.paused_at:
            return "paused twice"
        case said.CurtainResumed() if curtain.paused_at is None:
            return "resumed without being paused"
    return None


def _odd_miss(curtain: Curtain, time: datetime) -> str | None:
    if _is_alarmed(curtain, time):
        return "missed twice on one day"
    if curtain.last_seen_at and day_of(curtain.last_seen_at) == day_of(time):
        return "missed on a day on which it was seen"
    if len(curtain.alarms) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} misses of one curtain"
    return "missed while paused" if curtain.paused_at else None


def deadlines(curtain: Curtain) -> Iterator[Deadline]:
    """The by_time of the awaited day; once that was missed, the knock instead of it."""
    if not curtain.is_watched or curtain.due is None or curtain.waits_since is None or curtain.recorded_at is None:
        return
    alarm, key = curtain.open_alarm, day_of(curtain.due).isoformat()
    if alarm:
        yield Deadline(
            clock="knock",
            key=key,
            started_at=alarm.missed_at,
            recorded_at=alarm.recorded_at,
            holder=curtain.watcher,
        )
    else:
        yield Deadline(
            clock="by_time",
            key=key,
            started_at=curtain.waits_since,
            recorded_at=curtain.recorded_at,
            due=curtain.due,
            holder=curtain.watcher,
        )


def react(before: Curtain, after: Curtain, record: Record[CurtainEvent]) -> Iterator[Request]:
    """A knock that nobody answered asks for an emergency case, once a miss; a household that never agreed for none."""
    if isinstance(record.event, said.CurtainUnanswered) and after.alarms != before.alarms and after.grid:
        details = {
            "grid": after.grid,
            "household": after.household,
            "watcher": after.watcher,
            "group": after.household_group,
        }
        yield Request(kind="emergency_case", key=day_of(after.alarms[-1].missed_at).isoformat(), details=details)
