"""The parameters of each rule: every number that a score depends on, and what has to hold among them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct
from msgspec.structs import astuple

Percent = Annotated[float, Meta(ge=0, le=100)]
Share = Annotated[float, Meta(ge=0, le=1)]
Worth = Annotated[float, Meta(ge=0, le=100)]
RatedBy = Annotated[tuple[Literal["call_back", "resident"], ...], Meta(min_length=1, max_length=2)]
ServiceKind = Literal["order", "duty", "wish", "act", "visit"]
Word = Annotated[str, Meta(min_length=1, max_length=40)]


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that share out 100."""

    def __post_init__(self) -> None:
        assert_hundred(*astuple(self))


class Parameters(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parameters of one rule, named by `rule`."""

    rule: ClassVar[str]


class ThreeRates(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """接诉即办三率: a window is the 24 h up to `window_closes_minute` minutes after a day's midnight."""

    rule = "three_rates"
    response_weight: Percent
    resolution_weight: Percent
    satisfaction_weight: Percent
    fairly_worth: Share
    window_closes_minute: Annotated[int, Meta(ge=1, le=1440)]
    rated_by: RatedBy

    def __post_init__(self) -> None:
        assert_hundred(self.response_weight, self.resolution_weight, self.satisfaction_weight)


class UnitWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """What a unit's 100 points are made of."""

    report: Percent
    handle: Percent
    satisfaction: Percent
    duty: Percent
    contracts: Percent


class Grade(Struct, frozen=True, forbid_unknown_fields=True):
    """A grade and the least total that earns it."""

    name: Word
    at_least: Percent


class BestGradeNeeds(Struct, frozen=True, forbid_unknown_fields=True):
    """Without so much reporting and service, the best grade is out of reach."""

    reporting_percent: Percent
    service_percent: Percent


class FinalWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """What is measured during the year (ongoing), and what towns and communities give (joint, 协同)."""

    ongoing: Percent
    joint: Percent


class JointWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """The two tiers of the joint score."""

    town: Percent
    community: Percent


class UnitAssessment(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """驻区单位协同考核: what is measured (ongoing), what towns and communities give (joint), and what both make."""

    rule = "unit_assessment"
    final: FinalWeights
    joint: JointWeights
    weights: UnitWeights
    duty_reporting_percent: Percent
    duty_minutes_each_month: Annotated[int, Meta(ge=1, le=44_640)]
    reports_count: Literal["confirmed", "not_refused"]
    fairly_worth: Share
    rated_by: RatedBy
    least_measured_weight: Percent
    grades: Annotated[tuple[Grade, ...], Meta(min_length=1, max_length=10)]
    best_grade_needs: BestGradeNeeds

    def __post_init__(self) -> None:
        limits = [grade.at_least for grade in self.grades]
        if limits != sorted(set(limits), reverse=True) or limits[-1] != 0:
            raise ValueError(f"grades have to fall to 0 from the best one on, not {limits}")


class ItemLoad(Struct, frozen=True, forbid_unknown_fields=True):
    """How heavy one open item weighs: a case by urgency, others by kind."""

    emergency: Worth
    urgent: Worth
    ordinary: Worth
    mediation: Worth
    application: Worth
    hazard: Worth


class MonthTargets(Struct, frozen=True, forbid_unknown_fields=True):
    """What is expected of a grid in a month."""

    patrols: Annotated[int, Meta(ge=1, le=1000)]
    visits: Annotated[int, Meta(ge=1, le=1000)]


class MonthWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """The three parts of a grid's month."""

    operation: Percent
    duty: Percent
    staff: Percent


class OperationWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """The terms of operation."""

    in_time: Percent
    solved_in_grid: Percent
    satisfaction: Percent


class DutyWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """The terms of duty."""

    patrols: Percent
    visits: Percent


class StaffWeights(Weights, frozen=True, forbid_unknown_fields=True):
    """The terms of staff."""

    sign_in: Percent
    rating: Percent


class MonthBonus(Struct, frozen=True, forbid_unknown_fields=True):
    """What a grid's month earns besides: points for each hazard, at most so many."""

    hazard: Worth
    at_most: Worth


class Workload(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Weighted open load of grids and workers, and the month's score of a grid."""

    rule = "workload"
    load: ItemLoad
    targets: MonthTargets
    month: MonthWeights
    operation: OperationWeights
    duty: DutyWeights
    staff: StaffWeights
    bonus: MonthBonus
    fairly_worth: Share
    operation_rated_by: RatedBy
    staff_rated_by: RatedBy


class Credit(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One act, one credit 一事一记: of services that tell one deed or overlap, the first in order counts."""

    rule = "credit"
    order: tuple[ServiceKind, ...]
    lookback_days: Annotated[int, Meta(ge=0, le=366)]
    hours_count_of: tuple[ServiceKind, ...]
    points_per_hour: Worth
    points_per_wish: Worth

    def __post_init__(self) -> None:
        if len(set(self.order)) != len(self.order) or not {"duty", "act"} <= set(self.order):
            raise ValueError(f"order has to name duty and act, and each kind once, not {list(self.order)}")


class Gaming(Parameters, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """刷分迹象: from when on figures are worth a look. Evidence, never a verdict."""

    rule = "gaming"
    late_closing_percent: Percent
    burst_cases: Annotated[int, Meta(ge=2, le=1000)]
    burst_minutes: Annotated[int, Meta(ge=1, le=44_640)]
    ratings_in_month: Annotated[int, Meta(ge=2, le=10_000)]
    photo_cases: Annotated[int, Meta(ge=2, le=1000)]


def assert_hundred(*weights: float) -> None:
    """Raises ValueError where the weights don't share out 100."""
    if abs(sum(weights) - 100) > 1e-9:
        raise ValueError(f"weights add to {sum(weights):g}, not 100")
