"""Who works at some places now, what they carry and since when nothing was given to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from processors.decider.choice import Tier, Worker
from projections.place_state import Link, Post, Service

_decode_posts = msgspec.json.Decoder(tuple[Post, ...]).decode
_decode_services = msgspec.json.Decoder(tuple[Service, ...]).decode
_decode_links = msgspec.json.Decoder(tuple[Link, ...]).decode
_IDLE = """
    select told.person, greatest(ours.time, theirs.time)
    from unnest(%s::text[]) told (person)
    left join shanzhi.last_dispatch ours on ours.person = told.person collate "C"
    left join lateral (
        select shanghai_midnight(worked.day) as time
        from tally_worker_day worked
        where worked.person = told.person collate "C" and worked.dispatched > 0
        order by worked.day desc limit 1
    ) theirs on true
"""


class Person(NamedTuple):
    """What of a registered person decides whether work can be given to them."""

    unit: str | None
    away_from: datetime | None
    away_until: datetime | None
    is_gone: bool

    def is_present(self, at: datetime) -> bool:
        """Neither gone nor away."""
        away = self.away_from is not None and self.away_from <= at and (self.away_until is None or at < self.away_until)
        return not (self.is_gone or away)


class Staffed(NamedTuple):
    """A place: the unit that answers for it, who works there, and who else serves or leads it (persons, units)."""

    unit: str | None
    staff: tuple[Post, ...]
    others: frozenset[str] = frozenset()


_NOWHERE = Staffed(None, ())
_UNREGISTERED = Person(None, None, None, is_gone=False)


class Staff:
    """One reading, kept up to date with the choices that are made on it."""

    def __init__(
        self,
        places: Mapping[str, Staffed],
        persons: Mapping[str, Person],
        loads: Mapping[str, float],
        idle: Mapping[str, datetime],
    ) -> None:
        self._places, self._persons = places, persons
        self._loads, self._idle = dict(loads), dict(idle)

    def unit_of(self, places: Iterable[str]) -> str | None:
        """The responsible unit of the first of these places that has one."""
        return next((unit for place in places if (unit := self._places.get(place, _NOWHERE).unit)), None)

    def unit_of_person(self, person: str | None) -> str | None:
        """The unit that a person belongs to."""
        return self._persons.get(person or "", _UNREGISTERED).unit

    def tier(self, place: str, roles: Collection[str], at: datetime) -> Tier:
        """A place's staff in these roles as they are at a time, beside those in other roles."""
        posts = self._places.get(place, _NOWHERE).staff
        persons = sorted({post.person for post in posts if post.role in roles})
        beside = frozenset(post.person for post in posts if post.role not in roles)
        return Tier(place, tuple(self._worker(person, at) for person in persons), beside)

    def desk(self, place: str, at: datetime) -> Tier:
        """A place as a whole: all of its staff, the unit that answers for it, and who serves or leads it."""
        known = self._places.get(place, _NOWHERE)
        persons = sorted({post.person for post in known.staff})
        beside = known.others | ({known.unit} if known.unit else set())
        return Tier(place, tuple(self._worker(person, at) for person in persons), beside)

    def gave(self, person: str, weight: float, at: datetime) -> None:
        """A choice that no table shows yet."""
        self._loads[person] = self._loads.get(person, 0.0) + weight
        self._idle[person] = at

    def _worker(self, person: str, at: datetime) -> Worker:
        known = self._persons.get(person, _UNREGISTERED)
        load, idle = self._loads.get(person, 0.0), self._idle.get(person)
        return Worker(person, load, idle, known.unit, known.is_present(at))


def remember_given(cursor: Any, given: Mapping[str, datetime]) -> None:
    """Who was given a case, and when."""
    if given:
        cursor.execute(
            "insert into shanzhi.last_dispatch (person, time) select * from unnest(%s::text[], %s::timestamptz[]) "
            "on conflict (person) do update set time = excluded.time",
            (list(given), list(given.values())),
        )


def read_staff(cursor: Any, places: Iterable[str], others: Iterable[str], workload: str) -> Staff:
    """The staff of these places; `others` are persons to know besides, `workload` the rule's parameters as JSON."""
    cursor.execute(
        "select subject, responsible_unit, staff::text, services::text, links::text from entity_place "
        "where subject = any(%s)",
        (list(places),),
    )
    staffed = {row[0]: _staffed(*row[1:]) for row in cursor}
    workers = sorted({post.person for one in staffed.values() for post in one.staff})
    cursor.execute(
        "select subject, unit, away_from, away_until, left_at is not null or merged_into is not null "
        "from entity_person where subject = any(%s)",
        (sorted({*workers, *others}),),
    )
    persons = {row[0]: Person(*row[1:]) for row in cursor}
    cursor.execute(
        "select holder, load from open_load(%s::jsonb, 'worker') where holder = any(%s)", (workload, workers)
    )
    loads = {person: float(load) for person, load in cursor}
    cursor.execute(_IDLE, (workers,))
    return Staff(staffed, persons, loads, {person: at for person, at in cursor if at is not None})


def _staffed(unit: str | None, staff: str | None, services: str | None, links: str | None) -> Staffed:
    others = {one.by for one in _decode_services(services or "[]")}
    others.update(one.leader for one in _decode_links(links or "[]"))
    return Staffed(unit, _decode_posts(staff or "[]"), frozenset(others))
