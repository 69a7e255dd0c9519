"""A row as facts: the case, whom it was given to, what became of it. The same row gives the same events, byte for byte.

Ids are made of the number elsewhere and of what is told, personal words left out: a fact that is told once more is a
repeat, and one that has changed since (another owner, another end) is a new event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from producers.tables.ends import End, end_of
from producers.tables.head import Fields, Head
from producers.tables.owners import Owners
from producers.tables.reading import Row
from producers.tables.refusals import RowRefused
from producers.tables.values import degrees

LONGEST = timedelta(days=15)  # until when somebody has to sign in who was given no due: the longest class
OWN_CLOCKS = timedelta(hours=24)  # what is told within a day has the clocks of this system, which tell it themselves
UNITS_SINCE = "2000-01-01T00:00:00+08:00"  # units are made as of a time that is the same in every import
RULE = "import"
OVERDUE = "case.overdue"
_ID_CHARACTERS = 100
_is_plain = re.compile(r"[A-Za-z0-9._-]+\Z").match

Event = dict[str, Any]


class Told(NamedTuple):
    """What a row tells; `units` are registered first."""

    row: int
    subject: str
    discovered: datetime
    events: list[Event]
    units: list[Event]


class Given(NamedTuple):
    """Whom the case was given to (the lead first): the data of the event, the clock of its due and who holds it."""

    type: str
    data: Mapping[str, Any]
    lead: str
    clock: Mapping[str, str]
    whistle: str | None = None


class Facts:
    """Makes events of rows. `now` says which deadlines have passed."""

    def __init__(self, head: Head, now: datetime) -> None:
        self._head, self._mapping, self._now = head, head.mapping, now
        self._owners = Owners(head.mapping)
        self._units: list[Event] = []

    def of(self, row: Row) -> Told:
        """Raises `RowRefused` with row, column, value and reason."""
        try:
            return self._told(row)
        except RowRefused as refused:
            refused.row = row.number
            raise

    def give_back(self, units: list[Event]) -> None:
        """Units of a row that is not told after all: the next one registers them."""
        self._units = [*units, *self._units]

    def _told(self, row: Row) -> Told:
        fields, mapping = self._head.of(row), self._mapping
        number, discovered = self._number(fields, "number"), fields.time("discovered")
        if not number or discovered is None:
            missing = "discovered" if number else "number"
            raise RowRefused(fields.name_of(missing), "", "field_missing", "不能为空", "has to be there")
        slug = _slug(mapping.system, number)
        due, end = fields.time("due", ends=True), end_of(fields, self._duplicate(fields, number))
        given = self._given(fields, discovered, due, end)
        events = [self._event(slug, "discovered", "case.discovered", discovered, self._case(fields, number))]
        if given:
            events.append(self._act(slug, given.type, fields.time("assigned") or discovered, given.data))
        if given and due and due < (end.at if end else self._now) and self._now - discovered > OWN_CLOCKS:
            overdue = {"due": _iso(due), "rule": RULE, **given.clock}
            events.append(self._act(slug, OVERDUE, due, overdue))
        events.extend(self._ended(slug, fields, end, given))
        units = [*self._units, *(self._unit(reference, name) for reference, name in self._owners.new_units())]
        self._units = []
        return Told(row.number, f"case/{slug}", discovered, events, units)

    def _case(self, fields: Fields, number: str) -> Event:
        values, place, text = self._mapping.values, "", fields.texts("text")
        if named := fields.text("place"):
            place = values.place.get(named) or (named if named.startswith("place/") else values.place.get("*", ""))
        for label, said in (
            ("地址 · address", fields.texts("address") + ([] if place else [named] if named else [])),
            ("联系人 · contact", fields.texts("contact")),
        ):
            if said:
                text.append(f"{label}: {' '.join(said)}")
        data = {
            **{name: fields.word(name) for name in ("channel", "demand", "urgency")},
            "category": self._category(fields),
            "text": "\n".join(text) or self._mapping.defaults.text,
            "external": {"system": self._mapping.system, "number": number},
        }
        optional = {"class": fields.word("handle_class"), "place": place, "location": _location(fields)}
        return data | {name: value for name, value in optional.items() if value}

    def _category(self, fields: Fields) -> str:
        text, known = fields.text("category"), self._mapping.values.category
        return known.get(text) or text or self._mapping.defaults.category

    def _given(self, fields: Fields, discovered: datetime, due: datetime | None, end: End | None) -> Given | None:
        """Units are whistled for; a person or place is dispatched to; a due without an owner lies with the desk."""
        owners = self._owners.of(fields.name_of("owner"), text) if (text := fields.text("owner")) else []
        if not owners and due is None:
            return None
        lead = owners[0] if owners else self._mapping.desk
        if lead.startswith("unit/"):
            return self._whistled(fields, owners, due)
        until = due or (end.at if end else discovered + LONGEST)
        data: Event = {"to": lead, "sign_in_due": _iso(until), "rule": RULE}
        data |= {"handle_due": _iso(due)} if due else {}
        data |= {"nobody": True} if not owners else {}
        holder = {} if lead.startswith("place/") else {"holder": lead}
        return Given("case.dispatched", data, lead, {"clock": "handle", **holder})

    def _whistled(self, fields: Fields, units: list[str], due: datetime | None) -> Given:
        whistle = f"{RULE}-{_digest(units)}"
        data = {
            "whistle": whistle,
            "by": self._mapping.desk,
            "kind": "emergency" if fields.word("urgency") == "emergency" else "ordinary",
            "units": [{"unit": unit, "part": "assist" if number else "lead"} for number, unit in enumerate(units)],
            **({"handle_due": _iso(due)} if due else {}),
        }
        clock = {"clock": "unit_handle", "key": f"{whistle}~{units[0]}", "holder": units[0]}
        return Given("case.whistled", data, units[0], clock, whistle)

    def _ended(self, slug: str, fields: Fields, end: End | None, given: Given | None) -> Iterator[Event]:
        """What ended the case, and what the resident said of it."""
        if end is None:
            return
        if end.into:
            into = {"into": f"case/{_slug(self._mapping.system, end.into)}"}
            yield self._act(slug, "case.merged", end.at, into)
        elif end.is_withdrawn:
            yield self._act(slug, "case.withdrawn", end.at, {})
        else:
            resolved = fields.word("resolved")
            data = {"by": given.lead if given else self._mapping.desk, "resolved": resolved is not False}
            data |= {"whistle": given.whistle} if given and given.whistle else {}
            handled = self._act(slug, "case.handled", end.at, data)
            handled["data"] |= {"measures": fields.text("measures") or self._mapping.defaults.measures}
            yield handled
            if satisfaction := fields.word("satisfaction"):
                said = {"by": "call_back", "reached": True, "satisfaction": satisfaction}
                said |= {} if resolved is None else {"resolved": resolved}
                yield self._act(slug, "case.rated", fields.time("rated") or end.at, said)

    def _number(self, fields: Fields, field: str) -> str:
        text = fields.text(field)
        return f"{self._mapping.number_prefix}{text}" if text else ""

    def _duplicate(self, fields: Fields, number: str) -> str:
        """The number that the row continues in; none where it names itself."""
        other = self._number(fields, "duplicate_of")
        return "" if other == number else other

    def _unit(self, reference: str, name: str) -> Event:
        data = {"name": name, "kind": self._mapping.unit_kind}
        return self._event(reference.replace("/", "-"), "registered", "unit.registered", UNITS_SINCE, data, reference)

    def _act(self, slug: str, type_: str, time: datetime, data: Mapping[str, Any]) -> Event:
        """An event whose id tells what is told, so that another one gets another id."""
        digest = _digest([_iso(time), data])
        return self._event(slug, f"{type_.partition('.')[2]}.{digest}", type_, time, data)

    def _event(
        self, slug: str, what: str, type_: str, time: datetime | str, data: Mapping[str, Any], subject: str = ""
    ) -> Event:
        return {
            "specversion": "1.0",
            "id": f"{slug}.{what}",
            "source": self._mapping.source,
            "type": type_,
            "subject": subject or f"case/{slug}",
            "time": time if isinstance(time, str) else _iso(time),
            "authid": self._mapping.authid,
            "data": dict(data),
        }


def _location(fields: Fields) -> Mapping[str, float] | None:
    """WGS 84; nothing where either is missing, or both are 0, which many tables write for nothing."""
    longitude, latitude = fields.text("longitude"), fields.text("latitude")
    if not longitude or not latitude:
        return None
    found = {
        "longitude": degrees(fields.name_of("longitude"), longitude, 180),
        "latitude": degrees(fields.name_of("latitude"), latitude, 90),
    }
    return found if any(found.values()) else None


def _slug(system: str, number: str) -> str:
    """What a case is called after: readable where that makes an id, else a hash."""
    if _is_plain(system) and _is_plain(number) and len(system) + len(number) <= _ID_CHARACTERS:
        return f"{system}~{number}"
    return f"x-{sha256(orjson.dumps([system, number])).hexdigest()[:24]}"


def _digest(told: Any) -> str:
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def _iso(time: datetime) -> str:
    return time.isoformat()
