"""What a way in takes, how it is sealed and stored, and what it refuses at its bounds."""

from __future__ import annotations

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
from ledger.event import kinds
from ledger.submission import Stored, check, stored, stored_each
from tests.fixed_keys import FixedKeys
from tests.mistakes import PHONE, event, nested

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


# What only a mapping can hold; what JSON can is in `tests.mistakes`.
MAPPINGS: dict[str, tuple[dict[Any, Any], str, str]] = {
    "a lone surrogate": (event("case.closed", {"reason": "\ud800"}), "not_representable", ""),
    "a set": (event("case.closed", {"reason": {"x"}}), "not_representable", ""),
    "a huge integer": (event("activity.held", {"attendance": 2**64}), "not_representable", ""),
    "keys that are no text": (event() | {5: 6}, "not_representable", ""),
    "NaN": (event("activity.held", {"attendance": float("nan")}), "field_of_wrong_type", "/data/attendance"),
    "a naive time": (event(time=datetime(2024, 5, 11, 9, 30)), "time_without_zone", "/time"),
}


@pytest.mark.parametrize("mistake", MAPPINGS)
def test_what_json_can_not_hold_is_named(mistake: str) -> None:
    submitted, code, pointer = MAPPINGS[mistake]
    with pytest.raises(EventRefused) as caught:
        check(submitted, NOW)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


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
