"""What a curtain adds to its grid and group, to its watcher, and to the days on which it was missed."""

from __future__ import annotations

from collections.abc import Iterator

from projections.curtain_state import Alarm, Curtain
from projections.family import Share, Tally, day_of, minutes_between

_OUTCOMES = ("missed", "seen_late", "safe", "helped", "unanswered")
curtain_group = Tally(
    "curtain_group", ("grid", "household_group"), ("agreed", "active", "paused", "ended", "seen", *_OUTCOMES)
)
curtain_day = Tally("curtain_day", ("grid", "household_group", "day"), (*_OUTCOMES, "answer_minutes"))
curtain_person = Tally("curtain_person", ("person",), ("agreed", "active", "seen", *_OUTCOMES))
TALLIES = (curtain_group, curtain_day, curtain_person)


def contribute(curtain: Curtain) -> Iterator[Share]:
    """Totals by grid and group and for the watcher, and each miss on its day; no household is named."""
    if not (curtain.agreed_at and curtain.grid and curtain.household_group and curtain.watcher):
        return
    is_ended = curtain.ended_at is not None
    counts = {"agreed": 1, "active": curtain.is_watched, "seen": curtain.seen}
    for alarm in curtain.alarms:
        came_to = _came_to(alarm)
        for name in came_to:
            counts[name] = counts[name] + 1 if name in counts else 1
        minutes = minutes_between(alarm.missed_at, alarm.answered_at) if alarm.answered_at else 0
        yield curtain_day.share(
            curtain.grid,
            curtain.household_group,
            day_of(alarm.missed_at),
            **{name: 1 for name in came_to},
            answer_minutes=minutes,
        )
    is_paused = curtain.paused_at is not None and not is_ended
    yield curtain_group.share(curtain.grid, curtain.household_group, **counts, paused=is_paused, ended=is_ended)
    yield curtain_person.share(curtain.watcher, **counts)


def _came_to(alarm: Alarm) -> list[str]:
    names = ["missed", *(["unanswered"] if alarm.unanswered_at else [])]
    return [*names, "seen_late" if alarm.outcome == "seen" else alarm.outcome] if alarm.outcome else names
