"""What changes seldom and is asked for with each decision: the tree of places, the rules in force, the calendar."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from processors.decider.atlas import Atlas, Point, Site
from projections.place_state import Point as Corner
from projections.rules import Clocks, Preset, Workload, in_force
from projections.rules.calendar import Calendar
from projections.rules.clocks import Span, SpanKey, spans
from projections.rules.decisions import Dispatch
from projections.rules.services import Survey
from projections.store.calendar import calendar_of

REMEMBERED_SECONDS = 10.0
UNKNOWN_SECONDS = 0.5  # a place that was not there may have been registered meanwhile
_NEVER = datetime.min.replace(tzinfo=UTC)
_decode_outline = msgspec.json.Decoder(tuple[Corner, ...]).decode


@dataclass(frozen=True)
class Ground:
    """One reading of it. `names` of rules are those that events are stamped with."""

    atlas: Atlas
    dispatch: Preset[Dispatch]
    workload: Preset[Workload]
    clocks: Preset[Clocks]
    survey: Preset[Survey]
    spans: Mapping[SpanKey, Span]
    calendar: Calendar


def name_of(preset: Preset[Any]) -> str:
    """As events name the version that decided: `dispatch.standard-2024-1`."""
    return f"{preset.rule}.{preset.name}-{preset.version}"


class Grounds:
    """The last reading, read again once it is old or does not know a place. For one thread."""

    def __init__(self) -> None:
        self._ground: Ground | None = None
        self._generation, self._read_at, self._now = "", 0.0, _NEVER

    def of(self, cursor: Any, generation: str, now: datetime, places: set[str]) -> Ground:
        """What holds at `now` in the generation, which is first in search_path."""
        moved = abs(now - self._now).total_seconds()  # injected time goes by leaps
        age_seconds = max(time.monotonic() - self._read_at, moved)
        ground = self._ground
        if (
            ground is None
            or generation != self._generation
            or age_seconds > REMEMBERED_SECONDS
            or (age_seconds > UNKNOWN_SECONDS and not all(map(ground.atlas.is_known, places)))
        ):
            ground = self._ground = read_ground(cursor, generation, now)
            self._generation, self._read_at, self._now = generation, time.monotonic(), now
        return ground


def read_ground(cursor: Any, generation: str, now: datetime) -> Ground:
    """Reads all of it."""
    clocks = in_force(cursor, generation, Clocks, now)
    return Ground(
        atlas=read_atlas(cursor),
        dispatch=in_force(cursor, generation, Dispatch, now),
        workload=in_force(cursor, generation, Workload, now),
        clocks=clocks,
        survey=in_force(cursor, generation, Survey, now),
        spans=spans(clocks.parameters),
        calendar=calendar_of(cursor),
    )


def read_atlas(cursor: Any) -> Atlas:
    """The registered places that were not closed."""
    cursor.execute(
        "select subject, level, parent, longitude, latitude, outline::text from entity_place "
        "where registered_at is not null and closed_at is null"
    )
    return Atlas({row[0]: Site(row[1], row[2], _centre(row[3], row[4]), _outline(row[5])) for row in cursor})


def _centre(longitude: float | None, latitude: float | None) -> Point | None:
    return None if longitude is None or latitude is None else Point(longitude, latitude)


def _outline(text: str | None) -> tuple[Point, ...]:
    return tuple(Point(one.longitude, one.latitude) for one in _decode_outline(text)) if text and text != "[]" else ()
