"""A wall put together: the place and the day that it is about, its panels with what is known of them in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from ledger.errors import OutcomeUnknown
from projections.read import MOST_ROWS, Answer
from readers.accounts.reach import selves
from readers.api.access import OPEN, about
from readers.api.viewer import NOBODY, Viewer
from readers.services import Services
from readers.wall.answers import Answers, Found, Need
from readers.wall.moment import moment
from readers.wall.opening import has_option
from readers.wall.panel import Given, Panel, Shown
from readers.wall.scenes import panels
from readers.wall.scope import Scope, place_of
from readers.wall.sources import HAPPENINGS, Sources
from readers.wall.tree import Place, Tree

PLACES = Need("places", (("limit", MOST_ROWS),), 20.0)
_AGAIN_SECONDS = 0.05
_UNKNOWN_SECONDS = 1.0
WARM_SECONDS = 5.0
HISTORY = Need("five-tickets", (("by", ("day",)), ("limit", MOST_ROWS)), 3.0)


class Ground(NamedTuple):
    """What every page rests on: the places, and how many cases came in on which day."""

    tree: Tree
    days: Mapping[date, int]
    is_stale: bool


class Filled(NamedTuple):
    """A panel with the answers to its needs. `given` is None until they came; `is_stale`: no newer could be had."""

    panel: Panel
    scope: Scope
    given: Given | None
    is_waiting: bool
    is_stale: bool

    @property
    def shown(self) -> Shown | None:
        """What its template shows, None as long as there is nothing."""
        return None if self.given is None else self.panel.shape(self.scope, self.given)


class Wall:
    """Thread-safe; one for an application."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sources = Sources(services)
        self._answers = Answers(self._sources.ask)
        self._known: tuple[Any, Tree] = (None, Tree())

    def close(self) -> None:
        """Ends threads."""
        self._answers.close()
        self._sources.close()

    def warm(self) -> None:
        """Asks what a wall of the county asks, so that the first one is there at once."""
        scope = self.scope(self.ground(WARM_SECONDS), NOBODY, None, None)
        self.filled(scope, NOBODY, [name for name in panels() if is_shown(scope, name)], 0.0)

    def ground(self, seconds: float, subject: str | None = None) -> Ground:
        """Without PostgreSQL it is what was there before. The first time it takes at most so long, later hardly any.

        A `subject` that is not known yet may have been registered just now: then the places are asked for again.
        """
        found = self._answers.look((PLACES, HISTORY), _AGAIN_SECONDS, seconds)
        if subject is not None and subject not in self._tree(found[PLACES].answer).places:
            newest = PLACES._replace(seconds=_UNKNOWN_SECONDS)
            found = {**found, PLACES: self._answers.look((newest,), seconds)[newest]}
        days = {row.day: row.discovered for row in found[HISTORY].answer or () if row.day is not None}
        return Ground(self._tree(found[PLACES].answer), days, any(one.is_failed for one in found.values()))

    def scope(self, ground: Ground, viewer: Viewer, subject: str | None, day: str | None) -> Scope:
        """What a page is about. Raises `NotFound`, `QuestionRefused`."""
        place = place_of(ground.tree, subject)
        shown = moment(self._services.now(), ground.days, day)
        return Scope(place, ground.tree, shown, _sees(ground.tree, viewer, place), viewer.scope.is_county)

    def filled(self, scope: Scope, viewer: Viewer, names: Sequence[str], seconds: float) -> list[Filled]:
        """The panels of these names, in their order. Waits for at most so long; the first are asked for first."""
        wanted = {panels()[name]: _allowed(scope, panels()[name]) for name in names}
        found = self._answers.look((need for needs in wanted.values() for need in needs.values() if need), seconds)
        seen = self._without_about(found, viewer)
        return [_filled(panel, scope, needs, seen) for panel, needs in wanted.items()]

    def _tree(self, answer: Answer[Any] | None) -> Tree:
        """Made anew when places are other ones: what is drawn of a tree is kept for it."""
        known, tree = self._known
        if answer is not None and known is not answer:
            told = Tree.of(
                Place(row.subject, row.name or row.subject, row.level, row.parent)
                for row in answer
                if row.level and row.closed_at is None
            )
            self._known = (answer, tree if told.places == tree.places else told)
        return self._known[1]

    def _without_about(self, found: Mapping[Need, Found], viewer: Viewer) -> Mapping[Need, Found]:
        """Nobody below the county is shown what complains of them."""
        listed = {need: one for need, one in found.items() if need.model == "cases" and one.answer is not None}
        if viewer.scope.is_county or not listed:
            return found
        return {**found, **{need: one._replace(answer=self._rest(one.answer, viewer)) for need, one in listed.items()}}

    def _rest(self, answer: Answer[Any], viewer: Viewer) -> Answer[Any] | None:
        tables, person = self._services.tables, viewer.scope.person
        try:
            whom = viewer.scope.units
            if person is not None:
                with tables.connection() as connection:
                    whom |= selves(connection, person)
            hidden = about(tables, {row.subject for row in answer}, whom)
        except OutcomeUnknown:
            return None  # nobody can tell which ones: none
        return msgspec.structs.replace(answer, rows=[row for row in answer if row.subject not in hidden])


def is_shown(scope: Scope, name: str) -> bool:
    """Whether whoever looks may see what a panel is about."""
    panel = panels()[name]
    return _may_see(scope, panel.needs(scope)[panel.first])


def _sees(tree: Tree, viewer: Viewer, place: Place | None) -> bool:
    """Whether the place lies in the viewer's scope, by the tree that the page shows."""
    if viewer.scope.is_county:
        return True
    above = {one.subject for one in tree.path(place.subject)} if place else set()
    return bool(viewer.scope.places & (above | ({tree.root.subject} if tree.root else set())))


def _allowed(scope: Scope, panel: Panel) -> Mapping[str, Need | None]:
    return {name: need if _may_see(scope, need) else None for name, need in panel.needs(scope).items()}


def _may_see(scope: Scope, need: Need) -> bool:
    if need.model == HAPPENINGS or need.model in OPEN or scope.is_county:
        return True
    return scope.sees and has_option(need.model, "place")


def _filled(panel: Panel, scope: Scope, needs: Mapping[str, Need | None], seen: Mapping[Need, Found]) -> Filled:
    told = {name: seen[need] if need else None for name, need in needs.items()}
    known = [one for one in told.values() if one is not None]
    is_waiting = any(one.answer is None and not one.is_failed for one in known)
    is_stale = any(one.is_failed for one in known)
    if told[panel.first] is None or any(one.answer is None for one in known):
        return Filled(panel, scope, None, is_waiting, is_stale)
    given = {name: one.answer if one else None for name, one in told.items()}
    return Filled(panel, scope, given, any(one.is_waiting for one in known), is_stale)
