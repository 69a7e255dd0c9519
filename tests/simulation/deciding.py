"""The decider: requests in, by the project's own rules over a desk read from these tables, its answers out.

Modelled is what SQL reads (`asked.waiting`, `pending.pending`, `batch.read_desk`) and that answers and marks are one
transaction. The places and their staff stand still: two grids, three workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache, partial

import msgspec

from processors.decider import batch
from processors.decider.answer import SOURCE, sealed
from processors.decider.asked import CONTINUED_BY, UNDECIDED, Asked
from processors.decider.atlas import Atlas, Site
from processors.decider.desk import Desk
from processors.decider.ground import Ground
from processors.decider.pending import Pending
from processors.decider.staff import Person, Staff, Staffed
from projections.case_state import Case
from projections.place_state import Post
from projections.rules import Clocks, Survey, Workload, default_preset, shipped_calendar
from projections.rules.clocks import spans
from projections.rules.decisions import Dispatch
from projections.store.rows import RequestRow
from tests.simulation.county import GRIDS, MORNING, WORKERS
from tests.simulation.door import KEYS
from tests.simulation.leading import Leader
from tests.simulation.schedule import Steps
from tests.simulation.tables import Session, Tables

AT_ONCE = 3
ASK_AGAIN = timedelta(minutes=20)
KINDS = frozenset(batch.KINDS)
_decode = msgspec.json.Decoder(Pending).decode


@cache
def ground() -> Ground:
    """The rules that ship, and the two grids of a community."""
    sites = {"place/county": Site("county", None), "place/k": Site("community", "place/county")}
    sites |= {grid: Site("grid", "place/k") for grid in GRIDS}
    clocks = default_preset(Clocks)
    return Ground(
        atlas=Atlas(sites),
        dispatch=default_preset(Dispatch),
        workload=default_preset(Workload),
        clocks=clocks,
        survey=default_preset(Survey),
        spans=spans(clocks.parameters),
        calendar=shipped_calendar(),
    )


class Decider(Leader):
    """Decides what waits, oldest first."""

    name = "decider"

    def __init__(self, tables: Tables, now: Callable[[], datetime]) -> None:
        super().__init__(tables)
        self._now = now
        self._asked_again_at = now()

    def has_work(self) -> bool:
        """Whether anything was never decided, or waits once more."""
        return bool(self.tables.permanent.undecided) or self._now() - self._asked_again_at > ASK_AGAIN

    def round(self, session: Session) -> Steps:
        """What waits is read, decided, and committed with its answers."""
        if self._now() - self._asked_again_at > ASK_AGAIN:
            self._asked_again_at = self._now()
            yield "decider: ask again"
            self.tables.commit(session, partial(ask_again, self.tables))
        asked = waiting(self.tables)
        if not asked:
            return
        now = self._now()
        desk = read_desk(self.tables, asked, now)
        yield "decider: decide"
        rows, outcomes = sealed(batch.decide(asked, desk), KEYS)
        yield from self.commit(session, partial(self.tables.put, rows), partial(self._settle, outcomes, desk))

    def commit(self, session: Session, *writes: Callable[[], None]) -> Steps:
        """Answers and marks together."""
        yield "decider: commit"
        self.tables.commit(session, *writes)

    def _settle(self, outcomes: Sequence[tuple[str, str]], desk: Desk) -> None:
        """As `asked.settle` and `staff.remember_given`."""
        permanent = self.tables.permanent
        for id_, outcome in outcomes:
            if id_ in permanent.undecided:
                permanent.undecided.discard(id_)
                permanent.outcomes.setdefault(id_, []).append(outcome)
        permanent.given |= desk.given


def ask_again(tables: Tables) -> None:
    """What nothing could be decided for waits again."""
    permanent = tables.permanent
    again = {id_ for id_, outcomes in permanent.outcomes.items() if outcomes[-1].startswith(UNDECIDED)}
    permanent.undecided |= again


def waiting(tables: Tables) -> list[Asked]:
    """Undecided requests whose record is folded in what readers see."""
    permanent, readers = tables.permanent, tables.readers
    found = [permanent.requests[id_] for id_ in permanent.undecided]
    ready = [
        row for row in found if row.kind in KINDS and readers.next(row.record.partition) > row.record.offset
    ]
    return [_asked(tables, row) for row in sorted(ready, key=_order)[:AT_ONCE]]


def _order(row: RequestRow) -> tuple[datetime, int, int, str, str]:
    return row.record.stamp, row.record.partition, row.record.offset, row.kind, row.key


def _asked(tables: Tables, row: RequestRow) -> Asked:
    made = tables.permanent.outbox.get((row.record.source, row.record.id))
    outcomes = tables.permanent.outcomes.get(row.id)
    return Asked(
        row.id,
        row.kind,
        row.record.subject,
        row.record.id,
        row.record.source,
        row.record.time,
        outcomes[-1] if outcomes else None,
        row.details,
        made.depth if made else 0,
    )


def pending(tables: Tables) -> list[Pending]:
    """Our own answers that readers' tables don't show yet, in the order in which they were decided."""
    readers = tables.readers
    return [
        _decode(row.stored.value)
        for row in tables.permanent.outbox.values()
        if row.stored.source == SOURCE and (row.place is None or row.place[1] >= readers.next(row.place[0]))
    ]


def read_desk(tables: Tables, asked: Sequence[Asked], now: datetime) -> Desk:
    """As `processors.decider.batch.read_desk`, of one snapshot."""
    cases = {name: state for name, state in tables.readers.store.entities.items() if isinstance(state, Case)}
    atlas = ground().atlas
    grids = {one.subject: atlas.above(cases[one.subject].place, "grid") for one in asked if one.subject in cases}
    desk = Desk(now, ground(), cases, {}, grids, _staff(tables, cases), _continued(tables))
    desk.remember(pending(tables))
    return desk


def _continued(tables: Tables) -> dict[str, str]:
    permanent, found = tables.permanent, dict[str, str]()
    for id_, outcomes in permanent.outcomes.items():
        if outcomes[-1].startswith(CONTINUED_BY):
            found[permanent.requests[id_].record.subject] = outcomes[-1].removeprefix(CONTINUED_BY)
    return found


def _staff(tables: Tables, cases: dict[str, Case]) -> Staff:
    weights, loads = ground().workload.parameters.load, dict[str, float]()
    for case in cases.values():
        if case.is_open and case.assignee in WORKERS:
            loads[case.assignee] = loads.get(case.assignee, 0.0) + getattr(weights, case.urgency or "ordinary")
    posts = tuple(Post(person=person, role="grid_worker", since=MORNING) for person in WORKERS)
    places = {grid: Staffed(None, posts) for grid in GRIDS}
    persons = {person: Person(None, None, None, is_gone=False) for person in WORKERS}
    return Staff(places, persons, loads, tables.permanent.given)
