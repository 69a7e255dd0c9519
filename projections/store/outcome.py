"""What became of a batch, and what to do with one that failed."""

from __future__ import annotations

from typing import NamedTuple

import structlog

from ledger.codec import Sound, Verdict
from projections.family import State
from projections.store.rows import Judged, Plan

log = structlog.get_logger("shanzhi.store")


class Applied(NamedTuple):
    """Where the partition stands after a batch, and what became of its records.

    `gaps` are offsets that the log lacks, `quarantined` the reasons, one for each record put aside.
    """

    next: int
    folded: int
    repeats: int = 0
    gaps: int = 0
    quarantined: tuple[str, ...] = ()

    def then(self, later: Applied) -> Applied:
        """This batch and the one that follows it in the partition, as one."""
        return Applied(
            later.next,
            self.folded + later.folded,
            self.repeats + later.repeats,
            self.gaps + later.gaps,
            self.quarantined + later.quarantined,
        )


def applied_of(planned: Plan) -> Applied:
    """What a plan that was carried out comes to."""
    reasons = tuple(row.reason for row in planned.quarantine)
    return Applied(planned.next, planned.folded, planned.repeats, planned.gaps, reasons)


def halves(judged: Judged) -> list[Judged]:
    """The batch in two, or as it is where it has but one record."""
    half = len(judged.items) // 2
    parts = (judged.items[:half], judged.items[half:])
    return [Judged(judged.partition, items, judged.sought) for items in parts if items]


def refused(judged: Judged, detail: str) -> Judged | None:
    """The one record as a verdict, since PostgreSQL would not take it; None where it is one already."""
    ((raw, said),) = judged.items
    if isinstance(said, Sound) or said.reason != "store_refused":
        return Judged(judged.partition, [(raw, Verdict("store_refused", detail, said.identity))], judged.sought)
    return None


def touched(planned: Plan) -> list[dict[str, State | None]]:
    """What the cache is to remember, and what to forget."""
    known = [dict[str, State | None]((row.subject, row.state) for row in rows) for rows in planned.entities.values()]
    return known + [dict.fromkeys(subjects) for subjects in planned.gone.values()]


def report(planned: Plan) -> None:
    """Logs what somebody may have to look at."""
    if planned.quarantine:
        reasons = sorted({row.reason for row in planned.quarantine})
        log.warning("quarantined", partition=planned.partition, records=len(planned.quarantine), reasons=reasons)
    if planned.gaps:
        log.error("gap_in_ledger", partition=planned.partition, records=planned.gaps, next=planned.next)
