"""The clock: deadlines of the readers' tables, the real rule book and horizon, its events to the outbox.

Modelled is the scan (`processors.clock.scan`), and that a page is read and told in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from ledger.submission import Stored
from processors.clock.horizon import Horizon
from processors.clock.rulebook import Rulebook, Version
from processors.clock.scan import Ripe
from processors.clock.telling import Telling
from projections.rules import Clocks, default_preset, shipped_calendar
from projections.store.sums import LATE
from tests.simulation.broker import Broker
from tests.simulation.leading import Leader
from tests.simulation.schedule import Steps
from tests.simulation.tables import Generation, Session, Tables

DEPTH = 1
LOOK = timedelta(minutes=5)


@cache
def rulebook() -> Rulebook:
    """The default rule alone."""
    return Rulebook([Version(datetime.min.replace(tzinfo=UTC), default_preset(Clocks))], shipped_calendar())


@cache
def _least() -> dict[Any, timedelta]:
    return rulebook().least()


class Clock(Leader):
    """Tells what ran out, as far as the tables know."""

    name = "clock"

    def __init__(self, tables: Tables, broker: Broker, now: Callable[[], datetime]) -> None:
        super().__init__(tables)
        self._now, self._next_look = now, now()
        self._horizon = Horizon(broker.end_offsets)
        self._telling = Telling(None)

    def has_work(self) -> bool:
        """Always: only the tables can tell."""
        return True

    def _wakes(self) -> bool:
        return self._now() >= self._next_look

    def round(self, session: Session) -> Steps:
        """One page of what may have run out by now."""
        now = self._now()
        self._next_look = now + LOOK
        if not any(ripe(self.tables.readers, now)):
            return
        yield "clock: ask for the ends"
        self._horizon.ask(now)
        yield "clock: read"
        self.tables.ask(session)
        readers = self.tables.readers
        until = self._horizon.reached({number: readers.next(number) for number in range(self.tables.partitions)})
        if until is not None:
            self._next_look = now if until < now else self._next_look  # the answer was one to an earlier question
            rows = [(one, DEPTH) for one in self.told(readers, until)]
            new = [(one, depth) for one, depth in rows if (one.source, one.id) not in self.tables.permanent.outbox]
            yield "clock: commit"
            self.tables.commit(session, *([partial(self._put, new, until)] if new else []))

    def told(self, generation: Generation, until: datetime) -> list[Stored]:
        """The events of all that ran out."""
        late = sorted(self._telling.late(ripe(generation, until), rulebook(), until), key=lambda one: one.due)
        return [event for one in late for event in self._telling.sealed(one, None, until)]

    def _put(self, rows: list[tuple[Stored, int]], until: datetime) -> None:
        self.tables.put(rows)
        for one, _ in rows:
            self.tables.told_until.setdefault((one.source, one.id), until)


def ripe(generation: Generation, until: datetime) -> Iterator[Ripe]:
    """As the scan: a due, or a start and a least span, up to `until`; of what was told over a day late nothing."""
    for place, one in sorted(generation.store.deadlines.items()):
        if one.recorded_at - one.started_at > LATE:
            continue
        if one.due is None:
            least = _least().get((place.subject.partition("/")[0], one.clock, one.span_class))
            if least is None or one.started_at > until - least:
                continue
        elif one.due > until:
            continue
        yield Ripe(place.subject, one)
