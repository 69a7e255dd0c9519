"""The tree of places, as the wall drills through it: county, town, community, estate, grid."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

LEVELS = ("county", "town", "community", "estate", "grid")
"""From the top down. Buildings and households are no pages of the wall: they count in the estate above them."""

MOST_CELLS = 1_500
"""Of a map: a county has some 600 grids; above that estates are the cells."""


@dataclass(frozen=True)
class Place:
    """One place that is not closed. `parent` is None at the top, or where nobody said."""

    subject: str
    name: str
    level: str
    parent: str | None


@dataclass(frozen=True, eq=False)
class Tree:
    """Places by subject. A parent that is not among them counts as none. A tree is equal to itself only."""

    places: Mapping[str, Place] = field(default_factory=dict)

    @classmethod
    def of(cls, places: Iterable[Place]) -> Tree:
        """The tree of these places."""
        return cls({place.subject: place for place in places})

    @cached_property
    def _children(self) -> Mapping[str, tuple[Place, ...]]:
        held: dict[str, list[Place]] = {}
        for place in self.places.values():
            if place.parent in self.places and place.level in LEVELS:
                held.setdefault(str(place.parent), []).append(place)
        return {parent: tuple(sorted(found, key=_order)) for parent, found in held.items()}

    @cached_property
    def _cell_levels(self) -> dict[str | None, str]:
        return {}

    @cached_property
    def maps(self) -> dict[Any, Any]:
        """What was laid out of this tree, which goes with it."""
        return {}

    @cached_property
    def root(self) -> Place | None:
        """The county, where there is exactly one."""
        counties = [place for place in self.places.values() if place.level == LEVELS[0]]
        return counties[0] if len(counties) == 1 else None

    @cached_property
    def _tops(self) -> tuple[Place, ...]:
        found = (place for place in self.places.values() if place.parent not in self.places and place.level in LEVELS)
        return tuple(sorted(found, key=_order))

    def children(self, subject: str | None) -> tuple[Place, ...]:
        """The places right below one, the highest level first, then by name. None: what stands at the top."""
        if subject is not None:
            return self._children.get(subject, ())
        return self._children.get(self.root.subject, ()) if self.root else self._tops

    def path(self, subject: str) -> tuple[Place, ...]:
        """From the top down to the place itself, without the county that is alone. Empty for an unknown place."""
        found: list[Place] = []
        place = self.places.get(subject)
        while place is not None and place not in found:  # a circle in the registry ends here
            found.append(place)
            place = self.places.get(place.parent) if place.parent else None
        return tuple(reversed([one for one in found if one != self.root or one.subject == subject]))

    def below(self, subject: str | None) -> Iterator[Place]:
        """Everything below a place (or of the county), without itself, each place once."""
        waiting, seen = deque(self.children(subject)), set[str]()
        while waiting:
            place = waiting.popleft()
            if place.subject not in seen:
                seen.add(place.subject)
                yield place
                waiting.extend(self.children(place.subject))

    def holders(self, subject: str | None) -> Mapping[str, str]:
        """Of everything below a place: which of its children holds it (a child holds itself)."""
        held: dict[str, str] = {}
        for child in self.children(subject):
            held[child.subject] = child.subject
            for place in self.below(child.subject):
                held.setdefault(place.subject, child.subject)
        return held

    def cell_level(self, subject: str | None) -> str:
        """The lowest level with places below, as far as a map can show them; the county's where there are none."""
        if subject not in self._cell_levels:
            levels = Counter(place.level for place in self.below(subject))
            found = [level for level in LEVELS if 0 < levels[level] <= MOST_CELLS]
            own = self.places.get(subject or "")
            self._cell_levels[subject] = found[-1] if found else own.level if own else LEVELS[0]
        return self._cell_levels[subject]

    def of_level(self, subject: str | None, level: str) -> tuple[Place, ...]:
        """The places of a level below one."""
        return tuple(place for place in self.below(subject) if place.level == level)


def _order(place: Place) -> tuple[int, str, str]:
    return LEVELS.index(place.level), place.name, place.subject
