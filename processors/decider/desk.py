"""What the decisions of one batch are made on: one reading of the tables, and what was decided since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from processors.decider.atlas import Point
from processors.decider.ground import Ground
from processors.decider.pending import Pending
from processors.decider.staff import Staff
from projections.case_state import Case


@dataclass
class Desk:
    """`grids` are the grids of the batch's cases, `locations` those that were unsealed for them; `continued` says which
    case continues another one, `told` types of our own events by subject that no table shows yet, `given` who was given
    a case in this batch.
    """

    now: datetime
    ground: Ground
    cases: Mapping[str, Case]
    locations: Mapping[str, Point]
    grids: Mapping[str, str | None]
    staff: Staff
    continued: Mapping[str, str] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    given: dict[str, datetime] = field(default_factory=dict)

    def remember(self, told: Iterable[Pending]) -> None:
        """Counts our own choices of before: whom they burden, and which requests they answer."""
        for one in told:
            self.told[one.subject].add(one.type)
            if one.data.continues:
                self.told[one.data.continues].add(CONTINUED)
            if one.type == "case.dispatched" and one.data.to:
                self.burden(one.data.to, one.subject, one.time)

    def give(self, to: str, subject: str, at: datetime) -> None:
        """A choice of this batch."""
        self.told[subject].add("case.dispatched")
        if to.startswith("person/"):
            self.given[to] = at
            self.burden(to, subject, at)

    def burden(self, to: str, subject: str, at: datetime) -> None:
        """Somebody was given a case."""
        case = self.cases.get(subject)
        weights = self.ground.workload.parameters.load
        urgency = (case and case.urgency) or "ordinary"
        self.staff.gave(to, float(getattr(weights, urgency)), at)


CONTINUED = "continued"
