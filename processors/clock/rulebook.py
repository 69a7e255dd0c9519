"""The versions of the rule of clocks: a clock runs by the one that was in force when it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from msgspec import Struct

from projections.family import Deadline
from projections.rules import Calendar, Clocks, Preset, adopted, default_preset
from projections.rules.clocks import Span, SpanKey, spans
from projections.rules.due import due_of, least_of

_EVER = datetime.min.replace(tzinfo=UTC)


class Version(Struct, frozen=True, dict=True):
    """One version of the rule, and from when on it is in force."""

    since: datetime
    preset: Preset[Clocks]

    @cached_property
    def spans(self) -> Mapping[SpanKey, Span]:
        """How long each clock runs by it."""
        return spans(self.preset.parameters)

    @property
    def word(self) -> str:
        """How events name it: `clocks-2024-1`."""
        return f"{self.preset.rule}-{self.preset.version}"


class Rulebook:
    """All versions, the one that comes into force last at the end."""

    def __init__(self, versions: Sequence[Version], calendar: Calendar) -> None:
        self._versions, self._calendar = versions, calendar

    def version_at(self, time: datetime) -> Version:
        """The version in force at a time."""
        return next(one for one in reversed(self._versions) if one.since <= time)

    def due_of(self, family: str, deadline: Deadline) -> datetime | None:
        """See `projections.rules.due.due_of`; in UTC."""
        due = due_of(family, deadline, self.version_at(deadline.started_at).spans, self._calendar)
        return due and due.astimezone(UTC)

    def least(self) -> dict[SpanKey, timedelta]:
        """By any version, no clock runs out earlier after its start."""
        found: dict[SpanKey, timedelta] = {}
        for version in self._versions:
            for key, span in version.spans.items():
                found[key] = min(least_of(span), found.get(key, timedelta.max))
        return found


def read_rulebook(cursor: Any, generation: str, calendar: Calendar) -> Rulebook:
    """The default, and what was adopted since."""
    found = [Version(_EVER, default_preset(Clocks))]
    found += [
        Version(one.effective_from, one.preset) for one in adopted(cursor, generation, Clocks.rule) if one.preset
    ]
    return Rulebook(found, calendar)
