"""A county's year as a script: events written down in any order, given out in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from producers.simulator.newest import in_newest

SHANGHAI = timezone(timedelta(hours=8))
_BEGINS = datetime(2024, 1, 2, tzinfo=SHANGHAI)
REGISTRY_SECONDS = 2  # between the registrations, which are done before the second day


class Script:
    """Events of one county, their ids and subjects marked by `stem`, so that no other county's are meant."""

    def __init__(self, stem: str, source: str) -> None:
        self.stem, self._source = stem, source
        self._told: list[tuple[datetime, int, dict[str, Any]]] = []
        self._registered = 0

    def id(self, kind: str, name: str | int) -> str:
        """A subject of this county: `place/zy24-estate-1`."""
        return f"{kind}/{self.stem}-{name}"

    def register(self, type_: str, subject: str, by: str, data: dict[str, Any]) -> None:
        """Something that is there before the year begins."""
        self._registered += 1
        self.tell(_BEGINS + timedelta(seconds=REGISTRY_SECONDS * self._registered), type_, subject, by, data)

    def tell(self, time: datetime, type_: str, subject: str, by: str, data: dict[str, Any]) -> None:
        """Something that happened; times in the data are written as text."""
        event = {
            "specversion": "1.0",
            "id": f"reports-{self.stem}-{len(self._told)}",
            "source": self._source,
            "type": type_,
            "subject": subject,
            "time": time.isoformat(),
            "authid": by,
            "data": {name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items()},
            **in_newest(type_),
        }
        self._told.append((time, len(self._told), event))

    def __iter__(self) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for time, _, event in sorted(self._told, key=lambda told: told[:2]):
            yield time, event


def on(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of the year: `day` 0 is 2024-01-08, a Monday after the registry; 350 is still 2024."""
    return datetime(2024, 1, 8, hour, minute, tzinfo=SHANGHAI) + timedelta(days=day)


def spread(number: int, count: int, days: int = 340) -> int:
    """The day of the number-th of so many things that go on all year."""
    return number * days // count


def turn(some: Sequence[Any], number: int) -> Any:
    """They take turns."""
    return some[number % len(some)]
