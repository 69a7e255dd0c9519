"""Parameters of what estates are served with: when a scored item has failed, and what is near enough."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from projections.rules.parameters import Parameters, Percent

FacilityKind = Literal[
    "red_harbour",
    "party_mass_centre",
    "service_home",
    "service_window",
    "activity_room",
    "square",
    "daily_life",
]


class Survey(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """居民满意打分卡: an item's mean of 100 below which it failed (不及格项) or is low (低分项), given enough cards."""

    rule = "survey"
    failed_below: Percent
    low_below: Percent
    fewest_cards: Annotated[int, Meta(ge=1, le=1000)]

    def __post_init__(self) -> None:
        if self.low_below < self.failed_below:
            raise ValueError(f"low_below is {self.low_below:g}, under failed_below, {self.failed_below:g}")


class DailyLife(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """一刻钟便民服务区: how near a facility has to be to an estate, and which kinds there should be."""

    rule = "daily_life"
    within_metres: Annotated[int, Meta(ge=1, le=100_000)]
    kinds: Annotated[tuple[FacilityKind, ...], Meta(min_length=1, max_length=7)]
