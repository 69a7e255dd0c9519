"""A form in the hands of somebody: what was drawn, what was typed, and what the controls of the form say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ledger.event import latest
from readers.accounts.login import Login
from readers.forms import subjects
from readers.forms.fields import Field, field_of, fields_of
from readers.forms.values import REFERENCE, SHANGHAI, Values, Wrong, compact, first, gather, numbered, rows_of
from readers.language import Text

CONTROLS = frozenset({"subject", "next", "csrf", "_id", "_time", "_when", "_add", "_remove", "_again", "_of"})
"""Inputs that are no fields of the event."""
_WHICH = Text("请从列表中选，或填写编号", "Choose one from the list, or give its id")
_AHEAD = timedelta(minutes=10)  # of our clock: a form's time is counted from when it was drawn


@dataclass(frozen=True)
class Filled:
    """`id` is the event's, made when the form was drawn; `drawn_at` its time, unless `when` says an earlier one.

    `of` is the type of the event that a correction is of, where the page knew it. `hidden` are fields that its sender
    is not asked for; `signed` is the one by which a resident with a login says that it is in their name: without it
    the event tells nothing of them.
    """

    type: str
    id: str
    drawn_at: datetime
    subject: str = ""
    when: str = ""
    next: str = ""
    of: str = ""
    values: Values = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    signed: str | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """What it asks for. A correction of a known event asks for what should have been said as that event does."""
        fields = fields_of(self.type)
        corrected = field_of(self.of, first(self.values, "field")) if self.is_correction and self.of in latest else None
        if corrected is None or corrected.personal or corrected.input == "photos":
            return fields
        to = replace(corrected, name="to", required=True)
        return tuple(to if one.name == "to" else one for one in fields)

    @property
    def is_correction(self) -> bool:
        """Whether it says what an earlier event should have said."""
        return self.type.endswith(".corrected")

    @property
    def correctable(self) -> tuple[str, ...]:
        """The fields of the event that a correction is to be of, while nobody has said which one; else none."""
        if not self.is_correction or self.of not in latest or first(self.values, "field"):
            return ()
        return tuple(one.name for one in fields_of(self.of) if not one.personal and one.input != "photos")

    @property
    def is_opening(self) -> bool:
        """Whether its event begins a stream."""
        return self.type in subjects.OPENING

    @property
    def asks_subject(self) -> bool:
        """Whether somebody has to say what it is about: neither does it begin a stream nor does its data name one."""
        return not self.is_opening and self.type not in subjects.NAMED

    def tidied(self) -> Filled:
        """Without empty rows."""
        return replace(self, values=compact(self.fields, self.values))

    def changed(self, add: str, remove: str) -> Filled:
        """With one row more, or one less: `add` is the list, `remove` the row (`units.1`, `persons.0`)."""
        values = {name: list(texts) for name, texts in self.values.items()}
        one = next((one for one in self.fields if one.name == (add or remove.rpartition(".")[0])), None)
        if one is None or one.item is None:
            return self
        if add:
            _add_row(one, values)
        else:
            _remove_row(one, values, remove.rpartition(".")[2])
        return replace(self, values=values)

    def time(self) -> tuple[str, list[Wrong]]:
        """When it happened, RFC 3339."""
        if not self.when:
            return self.drawn_at.isoformat(), []
        try:
            told = datetime.fromisoformat(self.when)
        except ValueError:
            return "", [Wrong("_when", Text("请填写日期和时间", "Give a date and a time"))]
        return (told if told.tzinfo else told.replace(tzinfo=SHANGHAI)).isoformat(), []

    def subject_of(self, data: Mapping[str, Any]) -> str:
        """What the event is about: what was given, else a new one; empty where one has to be given."""
        if self.subject:
            return self.subject
        named = subjects.named_subject(self.type, data, self.drawn_at)
        if named or not self.is_opening:
            return named or ""
        return subjects.new_subject(self.type, self.id, self.drawn_at)

    def event(self, data: Mapping[str, Any], login: Login | None, source: str, schema: str) -> dict[str, Any]:
        """The CloudEvent that the form is."""
        time, _ = self.time()
        is_named = login is not None and (self.signed is None or self.signed in data)
        return {
            "specversion": "1.0", "id": self.id, "source": source, "type": self.type, "dataschema": schema,
            "subject": self.subject_of(data), "time": time,
            "authid": login.person if login and is_named else subjects.anonymous(self.id), "data": dict(data),
        }  # fmt: skip


def drawn(type_: str, now: datetime, given: Values) -> Filled:
    """A new form with what its address fills in."""
    local = now.astimezone(SHANGHAI).replace(microsecond=0)
    return Filled(type_, subjects.new_form_id(), local, **_told(given))


def sent(type_: str, now: datetime, given: Values) -> Filled:
    """A form as it came back; what can't be from a form that was drawn here is made anew."""
    fresh = drawn(type_, now, given)
    id_, time = first(given, "_id"), first(given, "_time")
    try:
        drawn_at = datetime.fromisoformat(time).astimezone(SHANGHAI)
    except ValueError:
        return fresh
    if not subjects.is_form_id(id_) or drawn_at > now + _AHEAD:
        return fresh
    return replace(fresh, id=id_, drawn_at=drawn_at)


def _told(given: Values) -> dict[str, Any]:
    following = first(given, "next")
    is_ours = following.startswith("/") and not following.startswith(("//", "/\\"))
    return {
        "subject": first(given, "subject"),
        "when": first(given, "_when"),
        "of": first(given, "_of"),
        "next": following if is_ours else "",
        "values": {name: texts for name, texts in given.items() if name not in CONTROLS},
    }


def _add_row(one: Field, values: Values) -> None:
    assert one.item is not None
    if one.item.fields:
        count = len(rows_of(values, one.name))
        for number in range(count, max(count + 1, 2 if one.required else 1)):
            values[f"{one.name}.{number}.{one.item.fields[0].name}"] = [""]
    else:
        values.setdefault(one.name, [""]).append("")


def _remove_row(one: Field, values: Values, number: str) -> None:
    assert one.item is not None
    if one.item.fields:
        for name in [name for name in values if name.startswith(f"{one.name}.{number}.")]:
            del values[name]
        rows = rows_of(values, one.name)
        for name in [name for name in values if name.startswith(f"{one.name}.")]:
            del values[name]
        values |= numbered(one.name, rows)
    elif number.isdecimal() and int(number) < len(values.get(one.name, ())):
        del values[one.name][int(number)]


def read(form: Filled) -> tuple[dict[str, Any], list[Wrong]]:
    """The data of a tidied form, and what is wrong with it."""
    found = gather(form.fields, form.values)
    wrong = found.wrong + form.time()[1]
    if REFERENCE.fullmatch(form.subject_of(found.data)) is None:
        wrong.append(Wrong("item" if form.type in subjects.NAMED else "subject", _WHICH))
    return found.data, wrong
