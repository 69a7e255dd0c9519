"""Who gets a case 智能派单: the pure rule over tiers of staff, with the explanation that the event keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Worker:
    """Somebody of the staff: what they carry (weighted open items, our own pending choices included), and since when
    nothing was given to them (None: never). `is_present`: neither away nor gone.
    """

    person: str
    load: float = 0.0
    idle_since: datetime | None = None
    unit: str | None = None
    is_present: bool = True


@dataclass(frozen=True)
class Tier:
    """A place whose staff is asked together; `beside` are persons and units who have a say there besides."""

    place: str
    staff: tuple[Worker, ...]
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Matter:
    """What of a case decides who may have it. `about_unit` is the unit of a person who is complained of."""

    about: str | None = None
    about_unit: str | None = None
    declined_by: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Choice:
    """To whom, and who else could have had it with what load, best first. `is_marked`: nobody could, it is a desk's."""

    to: str
    candidates: tuple[Worker, ...] = field(default=())
    is_marked: bool = False


def choose(matter: Matter, tiers: Sequence[Tier], unit: str | None, desks: Sequence[Tier]) -> Choice | None:
    """The least loaded of the first tier that has somebody, else the responsible unit, else the nearest desk.

    Ties by longest idle, then by id. A tier where somebody is complained of (in person or by their unit) is passed
    over: not they and not those beside them judge it, but one tier up. Who has declined is asked no more. None where
    not even a desk is left.
    """
    for tier in tiers:
        if not is_concerned(matter, tier):
            free = [one for one in tier.staff if one.is_present and one.person not in matter.declined_by]
            ranked = tuple(sorted(free, key=rank))
            if ranked:
                return Choice(ranked[0].person, ranked)
    if unit is not None and unit not in matter.declined_by | {matter.about, matter.about_unit}:
        return Choice(unit)
    for desk in desks:
        if desk.place not in matter.declined_by and not is_concerned(matter, desk):
            return Choice(desk.place, is_marked=True)
    return None


def is_concerned(matter: Matter, tier: Tier) -> bool:
    """Whether whoever the case is about, or their unit, has a say there."""
    if matter.about is None:
        return False
    is_beside = not tier.beside.isdisjoint((matter.about, matter.about_unit))
    return is_beside or any(matter.about in (one.person, one.unit) for one in tier.staff)


def rank(worker: Worker) -> tuple[float, bool, float, str]:
    """Least loaded first, then who has waited longest (who never had anything before all others), then by id."""
    idle = worker.idle_since
    return (worker.load, idle is not None, idle.timestamp() if idle else 0.0, worker.person)
