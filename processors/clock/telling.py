"""From deadlines to the outbox: what ran out by a moment becomes events in their final bytes, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from ledger.errors import EventRefused
from ledger.sealing import NoKeys
from ledger.submission import Stored, check, stored
from processors.clock.rulebook import Rulebook, Version, read_rulebook
from processors.clock.scan import FIRST, PAGE_ROWS, Place, Ripe, ripe
from processors.clock.told import SOURCE, told
from projections.rules import CalendarRefused
from projections.store.calendar import calendar_of

_DEPTH = 1  # events of ours that led to it, itself included
_ABOVE = """
select entity.subject, above.holder from {generation}.entity_case entity
join {generation}.place_at_level(%s) above on above.place = coalesce(entity.grid, entity.place)
where entity.subject = any(%s)
"""
_PUT = """
insert into shanzhi.outbox (source, id, subject, value, depth)
select %s, id, subject, value, %s
from unnest(%s::text[], %s::text[], %s::bytea[]) with ordinality told (id, subject, value, number)
order by number
on conflict do nothing
"""


class Late(NamedTuple):
    """A deadline that ran out, when, and by which version of the rule."""

    ripe: Ripe
    due: datetime
    version: Version


class Telling:
    """Goes through all deadlines, a page at a time, and begins again. `log` is a structlog logger; `count` hears how
    many events were told."""

    def __init__(self, log: Any, count: Callable[[int], None] = lambda _: None) -> None:
        self._log, self._count = log, count
        self._after = FIRST
        self._complained: set[str] = set()

    @property
    def is_at_the_beginning(self) -> bool:
        """Whether the next page is the first."""
        return self._after == FIRST

    def may_tell(self, cursor: Any, generation: str, now: datetime) -> bool:
        """Whether anything may have run out: asked before anything that costs more."""
        rulebook = read_rulebook(cursor, generation, calendar_of(cursor))
        return bool(ripe(cursor, generation, now, rulebook.least(), FIRST))

    def page(self, cursor: Any, generation: str, until: datetime) -> bool:
        """Puts what ran out up to `until` into the outbox, of one page; False after the last one."""
        rulebook = read_rulebook(cursor, generation, calendar_of(cursor))
        rows = ripe(cursor, generation, until, rulebook.least(), self._after)
        late = sorted(self.late(rows, rulebook, until), key=lambda one: one.due)
        above = _above(cursor, generation, late)
        sealed = [event for one in late for event in self.sealed(one, above.get(one.ripe.place), until)]
        if new := _put(cursor, sealed):
            self._log.info("told", events=new)
            self._count(new)
        is_full = len(rows) == PAGE_ROWS
        self._after = rows[-1].place if is_full else FIRST
        return is_full

    def late(self, rows: Iterable[Ripe], rulebook: Rulebook, until: datetime) -> Iterator[Late]:
        """Those that ran out: neither what is paused, nor what would need a year that is not loaded."""
        for one in rows:
            try:
                due = rulebook.due_of(one.family, one.deadline)
            except CalendarRefused as refused:
                self._complain("no_calendar", what=refused.what, remedy=refused.remedy)
                continue
            if due is not None and due <= until:
                yield Late(one, due, rulebook.version_at(one.deadline.started_at))

    def sealed(self, late: Late, above: str | None, until: datetime) -> Iterator[Stored]:
        """The events of one that ran out, in their final bytes; `above` is the place that hears of it besides."""
        levels = late.version.preset.parameters.mediation_days.names
        for event in told(late.ripe.subject, late.ripe.deadline, late.due, late.version.word, above, levels):
            try:
                yield from stored([check(event, until)], NoKeys())
            except EventRefused as refused:
                self._complain("refused", type=event["type"], code=refused.code, pointer=refused.pointer)

    def _complain(self, event: str, **about: str) -> None:
        """Once: a deadline that can't be told is met again in every round."""
        if repr(about) not in self._complained:
            self._complained.add(repr(about))
            self._log.error(event, **about)


def _above(cursor: Any, generation: str, late: Iterable[Late]) -> dict[Place, str]:
    """Which place of a higher tier hears of an overdue case, where rule and tree know one; by place in the scan."""
    tiers: dict[str, list[Ripe]] = {}
    for one in late:
        if one.ripe.family == "case":
            tier = getattr(one.version.preset.parameters.escalates_to, one.ripe.deadline.clock, None)
            if tier is not None:
                tiers.setdefault(tier, []).append(one.ripe)
    found: dict[Place, str] = {}
    for tier, those in tiers.items():
        cursor.execute(_ABOVE.format(generation=generation), (tier, [one.subject for one in those]))
        places = dict(cursor.fetchall())
        found |= {one.place: places[one.subject] for one in those if one.subject in places}
    return found


def _put(cursor: Any, sealed: list[Stored]) -> int:
    """In this order; how many were not there yet."""
    if not sealed:
        return 0
    ids, subjects = [one.id for one in sealed], [one.key.decode() for one in sealed]
    cursor.execute(_PUT, (SOURCE, _DEPTH, ids, subjects, [one.value for one in sealed]))
    return int(cursor.rowcount)
