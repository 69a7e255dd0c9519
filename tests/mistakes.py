"""What publishers get wrong, as they send it: the same table for every way in (Python, HTTP, Kafka).

Every event of the table is refused whatever the clock says, and whoever may publish everything sends it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from msgspec import UNSET

from ledger import limits
from ledger.describe import sample_event
from ledger.event import latest
from ledger.refusal import NOT_SHOWN

SECRET = "张三反映隔壁李四"
PHONE = "13800005678"
IDENTITY_NUMBER = "11010519491231002X"


class Mistake(NamedTuple):
    """What was sent, and what has to be answered: code, JSON pointer, value, and words of the English text."""

    name: str
    event: bytes
    code: str
    pointer: str
    value: str
    says: str = ""


def event(type_: str = "case.discovered", data: Mapping[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """The sample of a type with parts of it replaced, or left out where given as UNSET."""
    base = sample_event(latest[type_])
    changed = base | attributes
    if data is not None:
        changed["data"] = {k: v for k, v in (base["data"] | data).items() if v is not UNSET}
    return {name: value for name, value in changed.items() if value is not UNSET}


def raw(text: str, type_: str = "activity.held") -> bytes:
    """The sample of a type as bytes, its data replaced by JSON text."""
    return json.dumps(event(type_, data={}) | {"data": "DATA"}).replace('"DATA"', text).encode()


def personal_of(text: bytes) -> Iterator[str]:
    """What an event tells of somebody: its personal fields, where it has any, and long numbers."""
    yield from (SECRET[:4], PHONE, IDENTITY_NUMBER)
    yield from re.findall(r"\d{7,}", text.decode(errors="replace"))
    try:
        submitted = orjson.loads(text)
        kind = latest[submitted["type"]]
        values = [submitted["data"][kind.wire_names[field.name]] for field in kind.personal]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return
    yield from (value for value in values if isinstance(value, str) and len(value) > 3)


def nested(levels: int) -> bytes:
    """An event that nests `levels` deep, the envelope being one of them."""
    return raw('{"attendance": ' + "[" * (levels - 2) + "]" * (levels - 2) + "}")


def _spelt_in_escapes() -> bytes:
    escapes = b"".join(b"\\u003%c" % digit for digit in PHONE.encode())
    return orjson.dumps(event()).replace(b"person/zhao-9b1e", b"person/" + escapes)


def _texts() -> Iterator[tuple[Any, ...]]:
    sound = orjson.dumps(event())
    half, gb18030 = sound[:-9], sound.decode().encode("gb18030")
    large = event(data={"text": "长" * 30_000})
    yield "nothing at all", b"", "not_json", "", "0 bytes", "one JSON object in UTF-8"
    yield "not JSON", b"{'id': 1}", "not_json", "", "9 bytes", "line 1 column 2"
    yield "half an event", half, "not_json", "", f"{len(half)} bytes", "end of data"
    yield "not UTF-8", gb18030, "not_json", "", f"{len(gb18030)} bytes", "UTF-8"
    yield "NaN", raw('{"attendance": NaN}'), "not_json", "", "292 bytes"
    yield "Infinity", raw('{"attendance": -Infinity}'), "not_json", "", "298 bytes"
    yield "infinite by its exponent", raw('{"attendance": 1e999}'), "not_json", "", "294 bytes"
    yield "a lone high surrogate", raw('{"reason": "\\ud800"}', "case.closed"), "not_json", "", "283 bytes"
    yield "a lone low surrogate", raw('{"reason": "\\udc00 x"}', "case.closed"), "not_json", "", "285 bytes"
    yield "two events", b"[" + sound + b"]", "not_an_object", "", "a list", "one CloudEvent"
    yield "a word", b'"case.discovered"', "not_an_object", "", "text"
    yield "somebody's words alone", orjson.dumps(SECRET), "not_an_object", "", "text"
    yield "somebody's words, cut off", b'{"text": "' + SECRET.encode(), "not_json", "", "34 bytes"
    yield "a NUL character", event("case.closed", {"reason": "a\0b"}), "nul_character", "", "U+0000"
    yield "a NUL character in a personal field", event(data={"text": "a\0b"}), "nul_character", "", "U+0000"
    yield "too large", large, "event_too_large", "", f"{len(orjson.dumps(large))} bytes", "over 65536 bytes"
    yield "one byte too large", sound.ljust(limits.SUBMITTED_BYTES + 1), "event_too_large", "", "65537 bytes"
    yield "nested too deep", nested(17), "nested_too_deep", "", "nested", "over 16 levels"
    deep = nested(17).replace(b"sample", b'\\"sample', 1)
    yield "nested too deep after a quote", deep, "nested_too_deep", "", "nested"
    yield "nested without end", b"[" * 60_000, "nested_too_deep", "", "nested"


def _attributes() -> Iterator[tuple[Any, ...]]:
    for name in ("specversion", "id", "source", "type", "subject", "time", "authid", "data"):
        without = {attribute: value for attribute, value in event().items() if attribute != name}
        yield f"no {name}", without, "attribute_missing", f"/{name}", "absent", f"Add “{name}”; has: "
    yield "an empty object", b"{}", "attribute_missing", "/specversion", "absent", "has: –"
    yield "an empty id", event(id=""), "attribute_wrong", "/id", "0 characters", "1 to 200 characters"
    yield "a long id", event(id="x" * 201), "attribute_wrong", "/id", "201 characters", "1 to 200 characters"
    yield "a number for an id", event(id=7), "attribute_wrong", "/id", "a number", "of text"
    yield "null for an attribute", event(correlationid=None), "attribute_wrong", "/correlationid", "null"
    yield "an attribute nobody knows", event(autid="person/x"), "attribute_unknown", "/autid", NOT_SHOWN, "mean authid?"
    yield "an attribute with a slash", event() | {"a/b~c": "x"}, "attribute_unknown", "/a~1b~0c", NOT_SHOWN, "describe"
    yield "data in the envelope", event(text=SECRET), "attribute_unknown", "/text", NOT_SHOWN
    yield "somebody's name for an attribute", event() | {SECRET: 1}, "attribute_unknown", "/…", NOT_SHOWN
    yield "somebody's phone for an attribute", event() | {PHONE: 1}, "attribute_unknown", "/…", NOT_SHOWN
    yield "another CloudEvents", event(specversion="0.3"), "specversion_wrong", "/specversion", "0.3", "CloudEvents 1.0"
    media_type = "/datacontenttype"
    yield "another media type", event(datacontenttype="text/xml"), "datacontenttype_wrong", media_type, "text/xml"
    yield "an unknown type", event(type="case.wistled"), "type_unknown", "/type", "case.wistled", "mean case.whistled?"
    yield "a type of nowhere", event(type="order.paid"), "type_unknown", "/type", "order.paid", "See: shanzhi describe"
    next_version, other = "urn:shanzhi:case.discovered:99", "urn:shanzhi:case.closed:1"
    known = "Known: urn:shanzhi:case.discovered:1"
    yield "a version to come", event(dataschema=next_version), "version_unknown", "/dataschema", next_version, known
    yield "another type's schema", event(dataschema=other), "version_unknown", "/dataschema", other, known


def _subjects_and_times() -> Iterator[tuple[Any, ...]]:
    example, bounds = "For example case/2024", "outside the years 1970 to 2200"
    yield "no kind", event(subject="20-7"), "subject_malformed", "/subject", "20-7", example
    yield "a space in the subject", event(subject="case/a b"), "subject_malformed", "/subject", "case/a b", example
    yield "a line end in the subject", event(subject="case/a\n"), "subject_malformed", "/subject", r"'case/a\n'"
    yield "a subject in Chinese", event(subject="case/案件"), "subject_malformed", "/subject", "case/案件"
    yield "a name for a subject", event(subject=SECRET), "subject_malformed", "/subject", NOT_SHOWN, example
    long = "case/" + "x" * 121
    yield "an id of 121 characters", event(subject=long), "subject_malformed", "/subject", long[:59] + "…"
    yield "a subject of another family", event(subject="person/x"), "subject_of_another_kind", "/subject", "person/x"
    for what, text in {
        "not a time": "yesterday",
        "a date for a time": "2024-05-11",
        "24:00": "2024-05-11T24:00:00Z",
        "a leap second": "2016-12-31T23:59:60Z",
        "the 30th of February": "2024-02-30T09:30:00+08:00",
        "a time in Chinese": "2024年5月11日",
    }.items():
        yield what, event(time=text), "time_unreadable", "/time", text, "For example 2024-05-11T"
    yield "seconds since 1970", event(time="1715391000"), "time_unreadable", "/time", "…", "For example"
    naive = "2024-05-11T09:30:00"
    yield "a naive time", event(time=naive), "time_without_zone", "/time", naive, f"Add the zone: {naive}+08:00"
    before = "1970-01-01T07:59:59+08:00"
    yield "before 1970", event(time=before), "time_out_of_bounds", "/time", before, bounds
    first = "0001-01-01T00:00:00+14:00"
    yield "the year 1", event(time=first), "time_out_of_bounds", "/time", first, bounds
    after = "2200-01-01T00:00:00+00:00"
    yield "the year 2200", event(time=after), "time_out_of_bounds", "/time", after, "Correct the year"
    ahead = "2199-12-30T00:00:00Z"
    yield "far ahead", event(time=ahead), "time_in_future", "/time", ahead, "Check the clock"
    due = {"handle_due": "2024-06-01T18:00:00"}
    naive_due = event("case.extended", due)
    yield "a naive time in the data", naive_due, "time_without_zone", "/data/handle_due", due["handle_due"], "+08:00"
    soon = event("case.extended", {"handle_due": "soon"})
    yield "no time in the data", soon, "time_unreadable", "/data/handle_due", "soon", "For example"
    late = event("case.extended", {"handle_due": "2924-06-01T18:00:00Z"})
    yield "a year out of bounds", late, "time_out_of_bounds", "/data/handle_due", "2924-06-01T18:00:00+00:00", bounds
    early = event("person.away", {"from": "1069-01-01T00:00:00Z"})
    yield "a bad year, other name", early, "time_out_of_bounds", "/data/from", "1069-01-01T00:00:00+00:00", bounds


def _fields() -> Iterator[tuple[Any, ...]]:
    units = [{"unit": "unit/x", "part": "lead"}]
    see = "See: shanzhi describe case.whistled"
    yield "a missing field", event(data={"text": UNSET}), "field_missing", "/data/text", "absent", "(has: channel"
    no_unit = event("case.whistled", {"units": [{"part": "lead"}]})
    yield "a missing field inside", no_unit, "field_missing", "/data/units/0/unit", "absent", "lacks unit (has: part)"
    empty = event("case.declined", {"reason": UNSET})
    yield "nothing in the data", empty, "field_missing", "/data/reason", "absent", "has: nothing"
    misspelt = event("case.closed", {"reson": "x"})
    yield "a field nobody knows", misspelt, "field_unknown", "/data/reson", NOT_SHOWN, "Did you mean reason?"
    inside = event("case.whistled", {"units": [units[0] | {"prt": "lead"}]})
    yield "a field nobody knows inside", inside, "field_unknown", "/data/units/0/prt", NOT_SHOWN, "Did you mean part?"
    python = event(data={"handle_class": "h2"})
    yield "not the name of the wire", python, "field_unknown", "/data/handle_class", NOT_SHOWN, "no field handle_class"
    at = event(data={"location": {"longitude": 1, "latitude": 2, "at": SECRET}})
    yield "a field nobody knows, sealed", at, "field_unknown", "/data/location/at", NOT_SHOWN
    yield "a personal field misspelt", event(data={"txet": SECRET}), "field_unknown", "/data/txet", NOT_SHOWN, "text?"
    yield "somebody's name for a field", event(data={SECRET: 1}), "field_unknown", "/data/…", NOT_SHOWN
    path = event(data={f"x` - at `$.{PHONE}y": 1})
    yield "a phone in what looks like a path", path, "field_unknown", "/data/…y/x", NOT_SHOWN, "…y of case.discovered"
    yield "somebody's phone for a field", event(data={PHONE: 1}), "field_unknown", "/data/…", NOT_SHOWN
    other = event("case.corrected", {"field": "urgencyy"})
    yield "a correction of no field", other, "field_of_no_event", "/data/field", NOT_SHOWN, "Did you mean urgency?"
    sealed = event("case.corrected", {"field": "text", "to": SECRET})
    yield "a correction of a personal field", sealed, "field_personal", "/data/field", "text", "case.voided"
    word = event(data={"demand": "complain"})
    yield "a word nobody knows", word, "value_not_allowed", "/data/demand", "complain", "Did you mean complaint?"
    phone = event(data={"demand": PHONE})
    yield "a phone for a word", phone, "value_not_allowed", "/data/demand", "…", "one of complaint, consultation"
    roles = event("person.registered", {"roles": ["resident", "residnt"]})
    yield "a word nobody knows in a list", roles, "value_not_allowed", "/data/roles/1", "residnt", "mean resident?"
    by = event("case.whistled", {"by": "unit/x"})
    yield "a reference to another kind", by, "reference_malformed", "/data/by", "unit/x", "a reference place/id"
    about = event(data={"about": "unit/x\n"})
    yield "a reference with a line end", about, "reference_malformed", "/data/about", r"'unit/x\n'", "person or unit/id"
    phone_itself = event(data={"reporter": PHONE})
    yield "a phone for a reference", phone_itself, "reference_malformed", "/data/reporter", "…", "person/id"
    by_name = event("case.handled", {"by": SECRET})
    yield "a name for a reference", by_name, "reference_malformed", "/data/by", NOT_SHOWN, "a reference kind/id"
    among = event("case.reported", {"persons": ["person/x", SECRET]})
    yield "a name among references", among, "reference_malformed", "/data/persons/1", NOT_SHOWN, "person/id"
    alone = event("case.reported", {"persons": SECRET})
    yield "a name for a list", alone, "field_of_wrong_type", "/data/persons", NOT_SHOWN, "Expected array, got str"
    called = event("case.whistled", {"units": [SECRET]})
    yield "a name for an object", called, "field_of_wrong_type", "/data/units/0", NOT_SHOWN, "Expected object, got str"
    ended = event("person.registered", {"phone": f"{PHONE}\n"})
    yield "a phone with a line end", ended, "pattern_broken", "/data/phone", NOT_SHOWN, "^[0-9+ -]{5,20}$"
    letters = event("person.registered", {"phone": "138-ABC-4567"})
    yield "a phone with letters", letters, "pattern_broken", "/data/phone", NOT_SHOWN, "See: shanzhi describe person"
    yield "an empty text", event("case.declined", {"reason": ""}), "text_too_short", "/data/reason", "''", ">= 1"
    long = event("case.declined", {"reason": "x" * 4001})
    yield "a long text", long, "text_too_long", "/data/reason", "x" * 59 + "…", "<= 4000"
    yield "a long personal text", event(data={"text": SECRET * 600}), "text_too_long", "/data/text", NOT_SHOWN, "4000"
    many = event("case.whistled", {"units": units * 21})
    yield "too many units", many, "list_too_long", "/data/units", "a list of 21", "<= 20"
    yield "no unit", event("case.whistled", {"units": []}), "list_too_short", "/data/units", "a list of 0", see


def _types() -> Iterator[tuple[Any, ...]]:
    wrong = "field_of_wrong_type"
    yield "null for the data", event() | {"data": None}, wrong, "/data", NOT_SHOWN, "Expected object, got null"
    yield "a list for the data", event() | {"data": []}, wrong, "/data", "a list of 0", "Expected object, got array"
    yield "words for the data", event() | {"data": SECRET}, wrong, "/data", NOT_SHOWN, "got str"
    yield "a list for an object", event(data={"external": []}), wrong, "/data/external", "a list of 0", "got array"
    yield "an object for words", event(data={"text": {"x": SECRET}}), wrong, "/data/text", "an object", "got object"
    yield "a list of words", event(data={"text": [SECRET]}), wrong, "/data/text", "a list of 1", "Expected str"
    yield "words for a point", event(data={"location": SECRET}), wrong, "/data/location", NOT_SHOWN, "object | null"
    reached = event("case.rated", {"reached": "yes"})
    yield "yes for true", reached, wrong, "/data/reached", "yes", "Expected bool, got str"

    def held(attendance: object) -> dict[str, Any]:
        return event("activity.held", {"attendance": attendance})

    at = "/data/attendance"
    yield "true for a count", held(True), wrong, at, "true", "Expected int, got bool"
    yield "text for a count", held("46"), wrong, at, "46", "Expected int, got str"
    yield "a name for a count", held(SECRET), wrong, at, NOT_SHOWN, "Expected int, got str"
    yield "null for a count", held(None), wrong, at, "null", "got null"
    yield "a float for a count", held(46.5), wrong, at, "46.5", "got float"
    yield "a whole float for a count", held(46.0), wrong, at, "46.0", "got float"
    yield "an integer beyond 64 bits", raw('{"attendance": 123456789012345678901}'), wrong, at, "1.…e+20", "got float"
    yield "a negative count", held(-1), "number_too_small", at, "-1", ">= 0"
    yield "a count too large", held(1_000_000_001), "number_too_large", at, "…", "<= 1000000000"
    yield "an integer of 64 bits", held(2**63), "number_too_large", at, "…", "<= 1000000000"
    east = event("place.registered", {"centre": {"longitude": 181, "latitude": 0}})
    yield "off the globe", east, "number_too_large", "/data/centre/longitude", "181", "<= 180"
    south = event(data={"location": {"longitude": 112.7031234, "latitude": -99.1234567}})
    yield "a home off the globe", south, "number_too_small", "/data/location/latitude", NOT_SHOWN, ">= -90"


def _telling() -> Iterator[tuple[Any, ...]]:
    for what, mistaken, pointer in (
        ("a phone as a subject", event(subject=f"case/{PHONE}"), "/subject"),
        ("a phone as an id", event(id=PHONE), "/id"),
        ("a phone as a source", event(source=PHONE), "/source"),
        ("an identity number as who did it", event(authid=f"person/{IDENTITY_NUMBER}"), "/authid"),
        ("a phone as a reference", event(data={"reporter": f"person/{PHONE}"}), "/data/reporter"),
        ("a phone spelt in escapes", _spelt_in_escapes(), "/data/reporter"),
        ("a phone in a list", event("case.reported", {"persons": ["person/x", f"person/{PHONE}"]}), "/data/persons/1"),
        (
            "a phone in a list of objects",
            event("case.dispatched", {"candidates": [{"person": f"person/{PHONE}", "load": 1}]}),
            "/data/candidates/0/person",
        ),
    ):
        yield what, mistaken, "personal_number", pointer, NOT_SHOWN, "Use an opaque id of your own"
    yield "a bare phone as a subject", event(subject=PHONE), "subject_malformed", "/subject", "…"
    abroad = event(subject=f"case/+86{PHONE}")
    yield "a phone and its country as a subject", abroad, "subject_malformed", "/subject", "case/+…"


def _all() -> Iterator[Mistake]:
    for part in (_texts, _attributes, _subjects_and_times, _fields, _types, _telling):
        for name, sent, *expected in part():
            yield Mistake(name, sent if isinstance(sent, bytes) else orjson.dumps(sent), *expected)


MISTAKES = list(_all())
"""Each with a name of its own."""
