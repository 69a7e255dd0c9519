"""What publishers of a simulated county tell: cases from 发现 to 评价, curtains, and corrections of what they told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from ledger.describe import sample_event
from ledger.event import latest
from tests.simulation.door import SOURCES, Event

MORNING = datetime.fromisoformat("2024-05-11T08:30:00+08:00")
LONG_AGO = timedelta(hours=30)
GRIDS = ("place/g1", "place/g2")
WORKERS = ("person/w1", "person/w2", "person/w3")
_OF_A_CASE = (
    "case.declined", "case.declined", "case.accepted", "case.handled", "case.reopen_requested", "case.closed",
    "case.looked_up", "case.rated", "case.corrected", "case.voided",
)  # fmt: skip
_OF_A_CURTAIN = ("curtain.seen", "curtain.checked", "curtain.seen", "curtain.voided")


class Teller:
    """One publisher's side of a seed: so many events about subjects that others speak of too."""

    def __init__(
        self, number: int, dice: Random, subjects: Sequence[str], events: int, now: Callable[[], datetime]
    ) -> None:
        self._source, self._dice = SOURCES[number % len(SOURCES)], dice
        self._name, self._subjects, self._events, self._now = f"p{number}", subjects, events, now

    def __call__(self, told: Sequence[Event]) -> Event | None:
        """The next event, None once all is told. It happened just now, or long ago."""
        if len(told) >= self._events:
            return None
        subject = self._dice.choice(self._subjects)
        own = [one for one in told if one["subject"] == subject]
        happened = self._now() - (LONG_AGO if self._dice.random() < 0.1 else timedelta(0))
        type_ = self._type(subject.partition("/")[0], own)
        return sample_event(latest[type_]) | {
            "id": f"{self._name}-{len(told)}",
            "source": self._source,
            "subject": subject,
            "time": happened.isoformat(timespec="seconds"),
            "data": self._data(type_, own),
        }

    def _type(self, family: str, own: Sequence[Event]) -> str:
        """Mostly the first event of a stream comes first."""
        first, later = ("case.discovered", _OF_A_CASE) if family == "case" else ("curtain.agreed", _OF_A_CURTAIN)
        if own:
            return self._dice.choice(later)
        corrects_nothing = [one for one in later if not one.endswith(("corrected", "voided"))]
        return first if self._dice.random() < 0.85 else self._dice.choice(corrects_nothing)

    def _data(self, type_: str, own: Sequence[Event]) -> Event:
        dice, data = self._dice, dict(sample_event(latest[type_])["data"])
        match type_:
            case "case.discovered":
                del data["location"]
                data |= {"place": dice.choice(GRIDS), "urgency": dice.choice(("emergency", "ordinary")), "class": "h2"}
            case "case.declined":
                data["by"] = dice.choice(WORKERS)
            case "curtain.agreed":
                data |= {"grid": dice.choice(GRIDS), "by_time": dice.choice(("09:00", "09:40"))}
            case "case.corrected":
                data |= {"event": own[0]["id"], "field": "category", "to": "噪音"}
            case "case.voided" | "curtain.voided":
                data["event"] = dice.choice(own)["id"]
        return data
