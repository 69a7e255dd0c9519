"""What a publisher may get wrong, and what they are told: where it is, which rule, what to do next."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from msgspec import UNSET

from ledger import limits, nesting
from ledger.describe import sample_event
from ledger.errors import EventRefused, PersonForgotten
from ledger.event import kinds, latest
from ledger.submission import Stored, check, stored, stored_each
from tests.fixed_keys import FixedKeys

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
SECRET = "张三反映隔壁李四"
PHONE = "13800005678"


def event(
    type_: str = "case.discovered", data: Mapping[str, Any] | None = None, **attributes: Any
) -> dict[str, Any]:
    """The sample of a type with parts of it replaced, or left out where given as UNSET."""
    base = sample_event(latest[type_])
    changed = base | attributes
    if data is not None:
        changed["data"] = {k: v for k, v in (base["data"] | data).items() if v is not UNSET}
    return {name: value for name, value in changed.items() if value is not UNSET}


def raw(text: str, type_: str = "activity.held") -> bytes:
    """The sample of a type as bytes, its data replaced by JSON text."""
    return json.dumps(event(type_, data={}) | {"data": "DATA"}).replace('"DATA"', text).encode()


def nested(levels: int) -> bytes:
    """An event that nests `levels` deep, the envelope being one of them."""
    return raw('{"attendance": ' + "[" * (levels - 2) + "]" * (levels - 2) + "}")


# mistake: (what is submitted, pointer, part of the rule, part of the remedy)
MISTAKES: dict[str, tuple[Any, str, str, str]] = {
    "nothing at all": (b"", "", "not JSON", "one JSON object"),
    "not JSON": (b"{'id': 1}", "", "not JSON", "one JSON object"),
    "half an event": (orjson.dumps(event())[:-9], "", "not JSON", "one JSON object"),
    "not UTF-8": (orjson.dumps(event()).decode().encode("gb18030"), "", "not JSON", "UTF-8"),
    "two events": (b"[" + orjson.dumps(event()) + b"]", "", "not a JSON object", "one CloudEvent"),
    "a word": (b'"case.discovered"', "", "not a JSON object", "one CloudEvent"),
    "NaN": (raw('{"attendance": NaN}'), "", "not JSON", "one JSON object"),
    "Infinity": (raw('{"attendance": -Infinity}'), "", "not JSON", "one JSON object"),
    "infinite by its exponent": (raw('{"attendance": 1e999}'), "", "not JSON", "one JSON object"),
    "a lone high surrogate": (raw('{"reason": "\\ud800"}', "case.closed"), "", "not JSON", "one JSON object"),
    "a lone low surrogate": (
        raw('{"reason": "\\udc00 x"}', "case.closed"),
        "",
        "not JSON",
        "one JSON object",
    ),
    "a lone surrogate in a mapping": (
        event("case.closed", {"reason": "\ud800"}),
        "",
        "as JSON",
        "plain JSON",
    ),
    "a set in a mapping": (event("case.closed", {"reason": {"x"}}), "", "as JSON", "plain JSON"),
    "a huge integer in a mapping": (
        event("activity.held", {"attendance": 2**64}),
        "",
        "as JSON",
        "plain JSON",
    ),
    "keys that are no text": (event() | {5: 6}, "", "as JSON", "plain JSON"),
    "a NUL character": (event("case.closed", {"reason": "a\0b"}), "", "U+0000", "Remove"),
    "a NUL character in a personal field": (event(data={"text": "a\0b"}), "", "U+0000", "Remove"),
    "too large": (event(data={"text": "长" * 30_000}), "", "over 65536 bytes", "Shorten"),
    "nested too deep": (nested(17), "", "nested over 16", "flat"),
    "nested too deep after a quote": (
        nested(17).replace(b"case", b'\\"case', 1),
        "",
        "nested over 16",
        "flat",
    ),
    "no id": (event(id=UNSET), "/id", "mandatory", "Add “id”"),
    "no source": (event(source=UNSET), "/source", "mandatory", "Add “source”"),
    "no time": (event(time=UNSET), "/time", "mandatory", "Add “time”"),
    "nobody did it": (event(authid=UNSET), "/authid", "mandatory", "Add “authid”"),
    "no data": (
        event(data=None) | {"data": None},
        "/data",
        "Expected object, got null",
        "describe case.discovered",
    ),
    "no data at all": ({k: v for k, v in event().items() if k != "data"}, "/data", "mandatory", "Add “data”"),
    "an empty id": (event(id=""), "/id", "1 to 200 characters", "Correct"),
    "a long id": (event(id="x" * 201), "/id", "1 to 200 characters", "Correct"),
    "a number for an id": (event(id=7), "/id", "characters of text", "Correct"),
    "an optional attribute as null": (
        event(correlationid=None),
        "/correlationid",
        "characters of text",
        "Correct",
    ),
    "an attribute nobody knows": (event(autid="person/x"), "/autid", "not an attribute", "authid"),
    "an attribute with a slash": (event() | {"a/b~c": "x"}, "/a~1b~0c", "not an attribute", "describe"),
    "another CloudEvents": (event(specversion="0.3"), "/specversion", "has to be 1.0", "CloudEvents 1.0"),
    "another media type": (event(datacontenttype="text/xml"), "/datacontenttype", "application/json", "JSON"),
    "an unknown type": (event(type="case.wistled"), "/type", "not in the catalogue", "case.whistled"),
    "a version of the future": (
        event(dataschema="urn:shanzhi:case.discovered:99"),
        "/dataschema",
        "not a version",
        "urn:shanzhi:case.discovered:1",
    ),
    "another type's schema": (
        event(dataschema="urn:shanzhi:case.closed:1"),
        "/dataschema",
        "not a version of case.discovered",
        "Known",
    ),
    "a subject without kind": (event(subject="20240511-0007"), "/subject", "kind/id", "case/2024"),
    "a subject with a space": (event(subject="case/a b"), "/subject", "kind/id", "case/2024"),
    "a subject with a line end": (event(subject="case/a\n"), "/subject", "kind/id", "case/2024"),
    "a subject in Chinese": (event(subject="case/案件"), "/subject", "kind/id", "case/2024"),
    "an id of 121 characters": (event(subject="case/" + "x" * 121), "/subject", "kind/id", "case/2024"),
    "a subject of another family": (event(subject="person/x"), "/subject", "speaks of case/…", "describe"),
    "not a time": (event(time="yesterday"), "/time", "not a time", "2024-05-11T"),
    "a date for a time": (event(time="2024-05-11"), "/time", "not a time", "2024-05-11T"),
    "24:00": (event(time="2024-05-11T24:00:00Z"), "/time", "not a time", "2024-05-11T"),
    "a leap second": (event(time="2016-12-31T23:59:60Z"), "/time", "not a time", "2024-05-11T"),
    "seconds since 1970": (event(time="1715391000"), "/time", "not a time", "2024-05-11T"),
    "a naive time": (event(time="2024-05-11T09:30:00"), "/time", "without a zone", "+08:00"),
    "a naive time in a mapping": (
        event(time=datetime(2024, 5, 11, 9, 30)),
        "/time",
        "without a zone",
        "+08:00",
    ),
    "before 1970": (event(time="1970-01-01T07:59:59+08:00"), "/time", "outside the years", "year"),
    "the year 1": (event(time="0001-01-01T00:00:00+14:00"), "/time", "outside the years", "year"),
    "the year 2200": (event(time="2200-01-01T00:00:00Z"), "/time", "outside the years", "year"),
    "over 23 h ahead": (event(time="2024-06-02T11:00:00.000001Z"), "/time", "over 23 h", "clock"),
    "a missing field": (
        event(data={"text": UNSET}),
        "/data/text",
        "case.discovered lacks text (has: channel",
        "describe case.discovered",
    ),
    "a missing field inside": (
        event("case.whistled", {"units": [{"part": "lead"}]}),
        "/data/units/0/unit",
        "lacks unit (has: part)",
        "describe",
    ),
    "nothing in the data": (
        event("case.declined", {"reason": UNSET}),
        "/data/reason",
        "has: nothing",
        "describe",
    ),
    "a field nobody knows": (
        event("case.closed", {"reson": "x"}),
        "/data/reson",
        "has no field reson",
        "Did you mean reason",
    ),
    "a field nobody knows inside": (
        event("case.whistled", {"units": [{"unit": "unit/x", "prt": "lead"}]}),
        "/data/units/0/prt",
        "no field prt",
        "mean part",
    ),
    "the name of the attribute, not of the wire": (
        event(data={"handle_class": "h2"}),
        "/data/handle_class",
        "no field handle_class",
        "describe",
    ),
    "a list for an object": (
        event(data={}) | {"data": []},
        "/data",
        "Expected object, got array",
        "describe",
    ),
    "a list for an inner object": (event(data={"external": []}), "/data/external", "got array", "describe"),
    "a word nobody knows": (
        event(data={"demand": "complain"}),
        "/data/demand",
        "one of complaint",
        "mean complaint",
    ),
    "a word nobody knows in a list": (
        event("person.registered", {"roles": ["resident", "residnt"]}),
        "/data/roles/1",
        "one of delegate",
        "mean resident",
    ),
    "yes for true": (event("case.rated", {"reached": "yes"}), "/data/reached", "Expected bool", "describe"),
    "true for a count": (
        event("activity.held", {"attendance": True}),
        "/data/attendance",
        "Expected int",
        "describe",
    ),
    "text for a count": (
        event("activity.held", {"attendance": "46"}),
        "/data/attendance",
        "Expected int",
        "describe",
    ),
    "a float for a count": (
        event("activity.held", {"attendance": 46.5}),
        "/data/attendance",
        "got float",
        "describe",
    ),
    "a whole float for a count": (
        event("activity.held", {"attendance": 46.0}),
        "/data/attendance",
        "got float",
        "describe",
    ),
    "a negative count": (event("activity.held", {"attendance": -1}), "/data/attendance", ">= 0", "describe"),
    "a count too large": (
        event("activity.held", {"attendance": 1_000_000_001}),
        "/data/attendance",
        "<= 1000000000",
        "describe",
    ),
    "an integer of 64 bits": (
        event("activity.held", {"attendance": 2**63}),
        "/data/attendance",
        "<= 1000000000",
        "describe",
    ),
    "an integer beyond 64 bits": (
        raw('{"attendance": 123456789012345678901}'),
        "/data/attendance",
        "int",
        "describe",
    ),
    "NaN in a mapping": (
        event("activity.held", {"attendance": float("nan")}),
        "/data/attendance",
        "got null",
        "describe",
    ),
    "off the globe": (
        event("place.registered", {"centre": {"longitude": 181, "latitude": 0}}),
        "/data/centre/longitude",
        "<= 180",
        "describe",
    ),
    "an empty text": (event("case.declined", {"reason": ""}), "/data/reason", ">= 1", "describe"),
    "a long text": (event("case.declined", {"reason": "x" * 4001}), "/data/reason", "<= 4000", "describe"),
    "too many units": (
        event("case.whistled", {"units": [{"unit": "unit/x", "part": "lead"}] * 21}),
        "/data/units",
        "length <= 20",
        "describe",
    ),
    "no unit": (event("case.whistled", {"units": []}), "/data/units", "length >= 1", "describe"),
    "a reference to another kind": (
        event("case.whistled", {"by": "unit/x"}),
        "/data/by",
        "a reference place/id",
        "describe case.whistled",
    ),
    "a reference with a line end": (
        event(data={"about": "unit/x\n"}),
        "/data/about",
        "person or unit/id",
        "describe",
    ),
    "a naive time in the data": (
        event("case.extended", {"handle_due": "2024-06-01T18:00:00"}),
        "/data/handle_due",
        "timezone",
        "describe",
    ),
    "a year out of bounds in the data": (
        event("case.extended", {"handle_due": "2924-06-01T18:00:00Z"}),
        "/data/handle_due",
        "outside the years",
        "year",
    ),
    "a bad year under another name": (
        event("person.away", {"from": "1069-01-01T00:00:00Z"}),
        "/data/from",
        "outside the years",
        "year",
    ),
    "a phone with a line end": (
        event("person.registered", {"phone": f"{PHONE}\n"}),
        "/data/phone",
        "regex",
        "describe",
    ),
    "a phone as a subject": (
        event(subject=f"case/{PHONE}"),
        "/subject",
        "phone or identity number",
        "opaque",
    ),
    "a phone as an id": (event(id=PHONE), "/id", "phone or identity number", "opaque"),
    "a phone spelt in escapes": (
        orjson.dumps(event()).replace(
            b"person/zhao-9b1e", b"person/" + b"".join(b"\\u003%c" % digit for digit in PHONE.encode())
        ),
        "/data/reporter",
        "phone or identity number",
        "opaque",
    ),
    "a phone as a source": (event(source=PHONE), "/source", "phone or identity number", "opaque"),
    "an identity number as who did it": (
        event(authid="person/11010519491231002X"),
        "/authid",
        "phone or identity number",
        "opaque",
    ),
    "a phone as a reference": (
        event(data={"reporter": f"person/{PHONE}"}),
        "/data/reporter",
        "phone or identity",
        "opaque",
    ),
    "a phone in a list": (
        event("case.reported", {"persons": ["person/x", f"person/{PHONE}"]}),
        "/data/persons/1",
        "phone or identity",
        "opaque",
    ),
    "a phone in a list of objects": (
        event("case.dispatched", {"candidates": [{"person": f"person/{PHONE}", "load": 1}]}),
        "/data/candidates/0/person",
        "phone or identity",
        "opaque",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str) -> None:
    submitted, pointer, rule, remedy = MISTAKES[mistake]

    with pytest.raises(EventRefused) as caught:
        check(submitted, NOW)

    refusal = caught.value
    assert refusal.pointer == pointer
    assert rule in refusal.rule
    assert remedy in refusal.remedy
    assert len(str(refusal)) < 1_000


@pytest.mark.parametrize("kind", kinds.values(), ids=lambda kind: kind.dataschema)
def test_every_sample_passes_as_mapping_and_as_bytes(kind: Any) -> None:
    sample = sample_event(kind)

    (one,) = stored([check(sample, NOW)], FixedKeys())
    (same,) = stored([check(orjson.dumps(sample), NOW)], FixedKeys())

    assert one == same
    assert one.key == sample["subject"].encode()


PASSES: dict[str, Any] = {
    "23 h ahead": event(time="2024-06-02T11:00:00Z"),
    "the first second": event(time="1970-01-01T00:00:00Z"),
    "the last microsecond": event("case.extended", {"handle_due": "2199-12-31T23:59:59.999999Z"}),
    "ids of 120 characters": event(subject="case/" + "x" * 120),
    "every attribute": event(authtype="user", correlationid="c", causationid="d", traceparent="00-1-2-01"),
    "no schema": event(dataschema=UNSET),
    "an aware time in a mapping": event(time=datetime(2024, 5, 11, tzinfo=UTC)),
    "absent as null": event(data={"place": None}),
    "emoji and rare characters": event(data={"text": "🏠𠮷\u2028\x7f\ufeff"}),
    "an escaped backslash before u0000": event("case.closed", {"reason": "the text \\u0000"}),
    "a phone where it will be sealed": event("person.registered", {"phone": PHONE}),
    "a phone in a sealed text": event(data={"text": PHONE}),
    "a work order of 18 digits": event(
        data={"external": {"system": "12345", "number": "202405110000123456"}}
    ),
    "a count at its bound": event("activity.held", {"attendance": 1_000_000_000}),
    "an integer for a degree": event(data={"location": {"longitude": 112, "latitude": 40}}),
    "brackets in a text": event("case.closed", {"reason": "[" * 100}),
    "64 KiB to the byte": b" " * (limits.SUBMITTED_BYTES - len(orjson.dumps(event())))
    + orjson.dumps(event()),
}


@pytest.mark.parametrize("what", PASSES)
def test_what_is_sound_passes(what: str) -> None:
    check(PASSES[what], NOW)


def test_one_byte_over_64_kib_does_not_pass() -> None:
    with pytest.raises(EventRefused, match="65537 bytes"):
        check(b" " + PASSES["64 KiB to the byte"], NOW)


def test_sixteen_levels_pass_the_nesting_check() -> None:
    with pytest.raises(EventRefused) as caught:
        check(nested(16), NOW)
    assert caught.value.pointer == "/data/attendance"  # refused by the schema, not for its depth


# Where somebody could put what is nobody's business, by mistake.
LEAKS: dict[str, Any] = {
    "too long": event(data={"text": SECRET * 1000}),
    "not text": event(data={"text": {"x": SECRET}}),
    "a list": event(data={"text": [SECRET]}),
    "a sealed object as text": event(data={"location": SECRET}),
    "out of bounds": event(data={"location": {"longitude": 112.7031234, "latitude": 99.1234567}}),
    "an unknown field in a sealed object": event(
        data={"location": {"longitude": 1, "latitude": 2, "at": SECRET}}
    ),
    "a misspelt field": event(data={"txet": SECRET}),
    "a misspelt attribute": event(txet=SECRET),
    "text instead of data": event(data={}) | {"data": SECRET},
    "data in the envelope": event(text=SECRET),
    "a phone of the wrong form": event("person.registered", {"phone": "138-ABC-4567"}),
    "a phone as a subject": event(subject=PHONE),
    "a phone with its country as a subject": event(subject=f"case/+86{PHONE}"),
    "a phone as a reference": event(data={"reporter": PHONE}),
    "a phone for a word": event(data={"demand": PHONE}),
    "not JSON": b'{"text": "' + SECRET.encode(),
    "not an object": orjson.dumps(SECRET),
}


@pytest.mark.parametrize("how", LEAKS)
def test_a_refusal_never_shows_what_may_be_personal(how: str) -> None:
    with pytest.raises(EventRefused) as caught:
        check(LEAKS[how], NOW)
    said = str(caught.value)
    for secret in (SECRET, PHONE, "138-ABC", "99.12", "112.70"):
        assert secret not in said


@pytest.mark.parametrize("levels", [15, 16, 17, 1000])
@pytest.mark.parametrize(
    "wrap", [lambda text: text, lambda text: b'["a[\\"[{", ' + text + b"]"], ids=["bare", "beside a string"]
)
def test_nesting_is_counted_outside_of_strings(levels: int, wrap: Callable[[bytes], bytes]) -> None:
    text = wrap(b"[" * levels + b"]" * levels)
    depth = levels + (text[:2] == b'["')
    assert nesting.exceeds(text, 16) == (depth > 16)


def test_no_text_makes_the_look_before_parsing_slow() -> None:
    def seconds(size: int) -> float:
        """Of the processor, the best of three."""
        hostile = b"[]" * 20 + b'"' + b'\\"' * size
        taken = []
        for _ in range(3):
            began = time.process_time()
            nesting.exceeds(hostile, 16)
            nesting.spells_nul(b"\\" * 2 * size + b"u0000")
            taken.append(time.process_time() - began)
        return min(taken)

    # one pass each: 8 times the text, 8 times as long; 64 times when every quote began a search
    assert seconds(64_000) < 24 * max(seconds(8_000), 0.001)


def test_personal_fields_are_sealed_and_others_are_not() -> None:
    sample = event()
    (one,) = stored([check(sample, NOW)], FixedKeys())
    data = orjson.loads(one.value)["data"]

    assert data["text"].startswith("sealed:1:")
    assert data["location"].startswith("sealed:1:")
    assert data["category"] == sample["data"]["category"]
    assert sample["data"]["text"].encode() not in one.value


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds.values() if kind.personal], ids=lambda kind: kind.dataschema
)
def test_no_personal_value_of_any_kind_is_in_its_stored_bytes(kind: Any) -> None:
    sample = sample_event(kind)
    personal = {kind.wire_names[field.name] for field in kind.personal} & sample["data"].keys()
    (one,) = stored([check(sample, NOW)], FixedKeys())
    for name in personal:
        plain = orjson.dumps(sample["data"][name]).strip(b'"')
        assert plain not in one.value
    assert all(orjson.loads(one.value)["data"][name].startswith("sealed:1:") for name in personal)


def test_the_same_event_in_another_spelling_is_stored_as_the_same_bytes() -> None:
    sample = event()
    other = dict(reversed(sample.items())) | {
        "time": "2024-05-11T01:30:00.000Z",
        "data": dict(reversed(sample["data"].items())),
    }
    other["data"]["photos"] = []
    assert stored([check(sample, NOW)], FixedKeys()) == stored([check(other, NOW)], FixedKeys())


def test_one_look_at_the_vault_serves_many_events() -> None:
    keys = FixedKeys()
    stored([check(event(id=str(number)), NOW) for number in range(10)], keys)
    assert keys.asked == 1


def test_somebody_forgotten_refuses_their_own_events_and_no_other() -> None:
    keys = FixedKeys("person/gone", "case/gone")
    checked = [
        check(event(id="1"), NOW),
        check(event(id="2", data={"reporter": "person/gone"}), NOW),
        check(event("case.replied", id="3", subject="case/gone"), NOW),
        check(event("case.closed", id="4", subject="case/gone"), NOW),  # nothing personal in it
        check(event(id="5"), NOW),
    ]

    one, two, three, four, five = stored_each(checked, keys)

    assert isinstance(two, PersonForgotten)
    assert (two.pointer, two.value) == ("/data/reporter", "person/gone")
    assert isinstance(three, PersonForgotten)
    assert (three.pointer, three.value) == ("/subject", "case/gone")
    assert [sound.id for sound in (one, four, five) if isinstance(sound, Stored)] == ["1", "4", "5"]
    with pytest.raises(PersonForgotten):
        stored(checked, keys)


def test_a_vault_that_forgets_nobody_in_particular_is_not_asked_for_ever() -> None:
    class Broken:
        def for_owners(self, owners: object) -> Mapping[str, bytes]:
            raise PersonForgotten(["person/somebody-else"])

    with pytest.raises(PersonForgotten):
        stored_each([check(event(), NOW)], Broken())


def test_the_23_hours_count_from_the_publishers_clock() -> None:
    ahead = event(time=(NOW + timedelta(hours=30)).isoformat())
    check(ahead, NOW + timedelta(hours=7))
    with pytest.raises(EventRefused, match="over 23 h"):
        check(ahead, NOW + timedelta(hours=7) - timedelta(microseconds=1))
