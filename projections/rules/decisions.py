"""Parameters of what the decider decides by: who gets a case, and what it may suggest."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from projections.rules.parameters import Parameters

StaffRole = Literal["grid_worker", "building_chief", "branch_secretary", "household_head"]


class Dispatch(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """智能派单: which staff of a grid, building or estate is asked, tier by tier."""

    rule = "dispatch"
    staff: Annotated[tuple[StaffRole, ...], Meta(min_length=1, max_length=4)]
    nearest_metres: Annotated[int, Meta(ge=1, le=100_000)]


class Duplicates(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """疑似重复: open cases of one category that lie near each other in space and time. Suggested, never acted on."""

    rule = "duplicates"
    metres: Annotated[int, Meta(ge=1, le=100_000)]
    days: Annotated[int, Meta(ge=0, le=366)]
