"""Clocks 时限: how long everything may take that is waited for, and who hears of it when it takes longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from projections.rules.parameters import Parameters

_YEAR_DAYS = 366
Minutes = Annotated[int, Meta(ge=1, le=_YEAR_DAYS * 1440)]
Days = Annotated[int, Meta(ge=1, le=_YEAR_DAYS)]
Tier = Literal["community", "town", "county"]
_PROMISES = range(_YEAR_DAYS + 1)


class WorkingDays(Struct, frozen=True):
    """So many working days; 0 is 即办, on the day itself."""

    days: int


Span = timedelta | WorkingDays
SpanKey = tuple[str, str, str]
"""Family, clock and span_class, as deadlines have them."""


class UrgencyMinutes(Struct, frozen=True, forbid_unknown_fields=True):
    """By urgency of the case."""

    emergency: Minutes
    urgent: Minutes
    ordinary: Minutes


class WhistleMinutes(Struct, frozen=True, forbid_unknown_fields=True):
    """By kind of the whistle."""

    emergency: Minutes
    joint_enforcement: Minutes
    ordinary: Minutes


class ClassMinutes(Struct, frozen=True, forbid_unknown_fields=True):
    """By the class that a case was given."""

    h2: Minutes
    h24: Minutes
    d7: Minutes
    d15: Minutes


class DemandDays(Struct, frozen=True, forbid_unknown_fields=True):
    """Working days by demand, for a case that was given no class."""

    consultation: Days
    help: Days
    suggestion: Days
    complaint: Days
    report: Days


class LevelDays(Struct, frozen=True, forbid_unknown_fields=True):
    """Days at each level of a mediation 三级; a county of its own level has four."""

    grid: Days
    community: Days
    town: Days
    county: Days | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The levels that there are, from the lowest one."""
        return tuple(name for name, days in asdict(self).items() if days is not None)


class SeverityDays(Struct, frozen=True, forbid_unknown_fields=True):
    """By severity of the hazard."""

    serious: Days
    moderate: Days
    minor: Days


class EscalatesTo(Struct, frozen=True, forbid_unknown_fields=True):
    """The tier above the place of a case that hears of a clock of it; none: nobody but who is late."""

    dispatch: Tier | None = None
    sign_in: Tier | None = None
    handle: Tier | None = None
    report: Tier | None = None
    unit_handle: Tier | None = None


class Clocks(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long each clock runs where its event stamped no due, and what its running out leads to."""

    rule = "clocks"
    dispatch_minutes: UrgencyMinutes
    sign_in_minutes: Minutes
    report_minutes: WhistleMinutes
    handle_minutes: ClassMinutes
    handle_working_days: DemandDays
    reopen_hours: Annotated[int, Meta(ge=1, le=_YEAR_DAYS * 24)]
    mediation_days: LevelDays
    mediation_total_days: Days
    knock_minutes: Minutes
    hazard_days: SeverityDays
    wish_unclaimed_days: Days
    application_working_days: Days
    escalates_to: EscalatesTo

    def __post_init__(self) -> None:
        levels = sum(days or 0 for days in asdict(self.mediation_days).values())
        if levels != self.mediation_total_days:
            raise ValueError(f"mediation_days add to {levels}, not {self.mediation_total_days}")

    @property
    def reopen_window(self) -> timedelta:
        """A case is opened again within so much of its last handling or closing; later, another one continues it."""
        return timedelta(hours=self.reopen_hours)


def spans(clocks: Clocks) -> Mapping[SpanKey, Span]:
    """Every span that the rule knows; a clock that is absent has a due only where its event stamped one."""
    return dict(_spans(clocks))


def _spans(clocks: Clocks) -> Iterator[tuple[SpanKey, Span]]:
    yield from _by_class("case", "dispatch", clocks.dispatch_minutes, "minutes")
    yield ("case", "sign_in", ""), timedelta(minutes=clocks.sign_in_minutes)
    yield from _by_class("case", "report", clocks.report_minutes, "minutes")
    yield from _by_class("case", "handle", clocks.handle_minutes, "minutes")
    for demand, days in asdict(clocks.handle_working_days).items():
        yield ("case", "handle", demand), WorkingDays(days)
    yield from _by_class("mediation", "level", clocks.mediation_days, "days")
    yield ("mediation", "total", ""), timedelta(days=clocks.mediation_total_days)
    yield ("curtain", "knock", ""), timedelta(minutes=clocks.knock_minutes)
    yield from _by_class("hazard", "fix", clocks.hazard_days, "days")
    yield ("wish", "unclaimed", ""), timedelta(days=clocks.wish_unclaimed_days)
    yield ("application", "promised", ""), WorkingDays(clocks.application_working_days)
    for days in _PROMISES:
        yield ("application", "promised", str(days)), WorkingDays(days)


def _by_class(family: str, clock: str, table: Struct, unit: str) -> Iterator[tuple[SpanKey, Span]]:
    for name, count in asdict(table).items():
        if count is not None:
            yield (family, clock, name), timedelta(**{unit: count})
