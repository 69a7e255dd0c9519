"""What a reference may name: places, units and teams by name, people by id, post and masked name, the rest by title.

Names of places and units are public; everything else is found where the login's scope reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg2 import sql

from ledger.sealing import ExistingKeys
from ledger.unsealing import SealedField, Unsealer
from projections.read import word
from projections.read.answer import reading
from projections.read.words import WORDS
from projections.store.generation import current_generation
from readers.accounts.login import Login
from readers.accounts.rights import scope_of
from readers.tables import Tables

MOST = 20
ASKED_CHARACTERS = 60


class Choice(NamedTuple):
    """Something that a reference may name. `shown` ends with the reference, so that a form reads it back."""

    reference: str
    shown: str


@dataclass(frozen=True)
class _Source:
    """Where a kind is searched: its title, what is told beside it, the place that decides who finds it (None: all)."""

    title: str
    aside: str = "null"
    place: str | None = None
    only: str = "true"
    newest: str = "null::timestamptz"


_DAY = "to_char({} at time zone 'Asia/Shanghai', 'YYYY-MM-DD')"
_SOURCES = {
    "place": _Source("name", "level", only="registered_at is not null and closed_at is null"),
    "unit": _Source("name", "kind", only="registered_at is not null"),
    "team": _Source("name", "kind", "place"),
    "listing": _Source("title", "kind", only="title is not null", newest="since"),
    "activity": _Source("title", "kind", only="title is not null", newest="begins"),
    "service": _Source("name", "department", only="name is not null"),
    "survey": _Source("estate", _DAY.format("opened_at"), newest="opened_at"),
    "application": _Source("item", _DAY.format("filed_at"), "community", newest="filed_at"),
    "camera": _Source("place", "network", "place"),
    "case": _Source("category", _DAY.format("discovered_at"), "coalesce(grid, place)", newest="discovered_at"),
    "conference": _Source("kind", _DAY.format("convened_at"), "place", newest="convened_at"),
    "contract": _Source("unit", _DAY.format("signed_at"), "community", newest="signed_at"),
    "council": _Source("name", place="community"),
    "duty": _Source("party", _DAY.format("coalesce(served_at, reported_at)"), "community", newest="served_at"),
    "hazard": _Source("kind", _DAY.format("found_at"), "place", newest="found_at"),
    "mediation": _Source("cause", _DAY.format("opened_at"), "place", newest="opened_at"),
    "order": _Source("title", _DAY.format("placed_at"), "community", newest="placed_at"),
    "patrol": _Source("place", _DAY.format("began"), "place", newest="began"),
    "task": _Source("title", "kind", "place", newest="assigned_at"),
    "topic": _Source("title", "category", "estate", newest="collected_at"),
    "wish": _Source("title", _DAY.format("made_at"), "place", newest="made_at"),
}
"""What is not here (care, curtains, pledges, visits …) is named by a page that knows it."""
SEARCHED = frozenset({*_SOURCES, "person"})


class Choices:
    """The search, for one login."""

    def __init__(self, tables: Tables, keys: ExistingKeys, login: Login | None) -> None:
        self._tables, self._keys, self._scope, self._is_known = tables, keys, scope_of(login), login is not None

    def search(self, kinds: Iterable[str], asked: str) -> list[Choice]:
        """The best of these kinds for what was typed, at most `MOST`. Raises `OutcomeUnknown`."""
        text = asked.strip()[:ASKED_CHARACTERS]
        with self._tables.connection() as connection:
            generation = current_generation(connection)
            found: list[Choice] = []
            for kind in kinds:
                if kind == "person" and self._is_known:
                    found += self._persons(connection, generation, text)
                elif kind in _SOURCES:
                    found += self._titled(connection, generation, kind, text)
        return found[:MOST]

    def shown(self, references: Iterable[str]) -> dict[str, str]:
        """What an input shows of references that are known: `云兴街社区 · place/yunxing`. Raises `OutcomeUnknown`."""
        wanted = sorted(set(references))
        persons = [one for one in wanted if one.startswith("person/")]
        names = self._tables.names_of(set(wanted))
        if persons and self._is_known:
            with self._tables.connection() as connection:
                names |= self._names_of(connection, current_generation(connection), persons)
        return {reference: f"{names[reference]} · {reference}" for reference in wanted if reference in names}

    def resolve(self, kinds: Iterable[str], text: str) -> list[Choice]:
        """What somebody may mean who typed a name: the one of this name, else all that have it in theirs."""
        found = self.search(kinds, text)
        exact = [one for one in found if one.shown.partition(" · ")[0] == text.strip()]
        return exact if len(exact) == 1 else found

    def _titled(self, connection: Any, generation: str, kind: str, text: str) -> list[Choice]:
        source = _SOURCES[kind]
        if source.place and not self._is_known:
            return []
        inside = "true"
        if source.place and not self._scope.is_county:
            inside = f"exists (select from places_above({source.place}) above where above.place = any(%(places)s))"
        statement = sql.SQL(
            "select subject, {title}, {aside} from {table} where ({only}) and ({inside}) and"
            " ({title} ilike %(like)s or subject ilike %(like)s)"
            " order by {title} = %(text)s desc, {newest} desc nulls last, length({title}), subject limit %(most)s"
        ).format(
            title=sql.SQL(source.title), aside=sql.SQL(source.aside), table=sql.Identifier(f"entity_{kind}"),
            only=sql.SQL(source.only), inside=sql.SQL(inside), newest=sql.SQL(source.newest),
        )  # fmt: skip
        with reading(connection, generation) as cursor:
            cursor.execute(statement, self._arguments(text))
            found = cursor.fetchall()
        return [Choice(subject, _joined(_word(title), _word(aside), subject)) for subject, title, aside in found]

    def _persons(self, connection: Any, generation: str, text: str) -> list[Choice]:
        with reading(connection, generation) as cursor:
            cursor.execute(_PERSONS, self._arguments(text) | {"posts": _posts(text)})
            rows = cursor.fetchall()
        names = self._names_of(connection, generation, [subject for subject, _, _ in rows])
        return [
            Choice(subject, _joined(names.get(subject), *map(word, roles), unit, subject))
            for subject, roles, unit in rows
        ]

    def _names_of(self, connection: Any, generation: str, persons: Sequence[str]) -> dict[str, str]:
        """Masked names of those who are registered with one."""
        with reading(connection, generation) as cursor:
            cursor.execute(
                "select subject, name, source, event_id from entity_person"
                " where subject = any(%s) and name is not null",
                (list(persons),),
            )
            sealed = [
                SealedField("person.registered/name", source, id_, "/data/name", subject, "name", text)
                for subject, text, source, id_ in cursor
            ]
        seen = Unsealer(self._keys, "mask", "", "").open(sealed)
        return {one.owner: str(field.value) for one, field in zip(sealed, seen, strict=True)}

    def _arguments(self, text: str) -> dict[str, Any]:
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        scope = self._scope
        return {
            "text": text, "like": f"%{escaped}%", "most": MOST, "places": sorted(scope.places),
            "units": sorted(scope.units), "self": scope.person, "is_county": scope.is_county,
        }  # fmt: skip


_PERSONS = """
select person.subject, array(select jsonb_array_elements_text(person.roles)), unit.name
from entity_person person left join entity_unit unit on unit.subject = person.unit
where person.left_at is null and person.merged_into is null and person.forgotten_at is null
  and (%(is_county)s or person.subject = %(self)s or person.unit = any(%(units)s)
       or exists (select from places_above(person.community) above where above.place = any(%(places)s)))
  and (person.subject ilike %(like)s or unit.name ilike %(like)s or person.roles ?| %(posts)s)
order by person.subject = %(self)s desc, person.subject
limit %(most)s
"""


def _posts(text: str) -> list[str]:
    """The codes whose Chinese has what was typed."""
    return [code for code, chinese in WORDS.items() if text and text in chinese]


def _word(code: str | None) -> str | None:
    return word(code) if code else None


def _joined(name: str | None, *more: str | None) -> str:
    return " · ".join((name or "—", *(one for one in more if one)))
