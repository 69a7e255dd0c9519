"""What the register of publishers takes, how it tells the ledger, and keys, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.announcement import SOURCE, PublisherRefused, announcement, check_party, told
from ledger.errors import EventRefused
from ledger.parties import Parties, Party, fingerprint, secret_of
from ledger.submission import check
from shanzhi.durations import parse_duration
from shanzhi.errors import SettingsRefused
from tests.strategies import PROFILE

NOW = datetime(2024, 6, 1, 12, 0, 0, 123_456, tzinfo=UTC)
HOTLINE = Party("hotline", "12345 热线", ("urn:example:hotline",))


@settings(PROFILE, max_examples=60)
@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_shz_and_43_characters_that_need_no_quoting(random_bytes: bytes) -> None:
    secret = secret_of(random_bytes)
    assert len(secret) == 47
    assert secret.startswith("shz_")
    assert secret.replace("-", "").replace("_", "").isalnum()
    assert len(fingerprint(secret)) == 32


@settings(PROFILE, max_examples=60)
@given(st.one_of(st.text(max_size=60), st.from_regex(r"shz_[A-Za-z0-9_-]{0,42}", fullmatch=True)))
def test_what_is_no_key_is_nobodys_without_asking_the_database(text: str) -> None:
    assert Parties("postgresql://127.0.0.1:1/nothing").of_key(text) is None
    assert Parties("postgresql://127.0.0.1:1/nothing").of_key(secret_of(bytes(32)) + "\n") is None


def test_an_announcement_is_an_event_that_a_way_in_takes_and_always_the_same() -> None:
    party = replace(HOTLINE, types=("case.*",), places=("place/xicheng",), rhythm_minutes=120)
    text = announcement("hotline", 3, "registered", told(party), "person/li-7f3a", NOW)
    event = orjson.loads(text)
    assert (event["id"], event["source"], event["subject"]) == ("hotline-3", SOURCE, "publisher/hotline")
    assert (event["authid"], event["time"]) == ("person/li-7f3a", "2024-06-01T12:00:00.123456+00:00")
    assert event["data"] == {
        "name": "12345 热线",
        "sources": ["urn:example:hotline"],
        "types": ["case.*"],
        "places": ["place/xicheng"],
        "rate_per_second": 1000,
        "rhythm_minutes": 120,
    }
    assert check(text.encode(), NOW).kind.type == "publisher.registered"
    assert announcement("hotline", 3, "registered", told(party), "person/li-7f3a", NOW) == text


@pytest.mark.parametrize(
    "changes, pointer",
    [
        ({"name": ""}, "/data/name"),
        ({"name": "长" * 201}, "/data/name"),
        ({"places": ("xicheng",)}, "/data/places/0"),
        ({"sources": tuple(f"urn:{number}" for number in range(101))}, "/data/sources"),
        ({"rate_per_second": 0}, "/data/rate_per_second"),
        ({"rate_per_second": 100_001}, "/data/rate_per_second"),
        ({"rhythm_minutes": 60 * 24 * 367}, "/data/rhythm_minutes"),
        ({"sources": ("urn:example/13812345678",)}, "/data/sources/0"),
    ],
)
def test_what_no_event_may_say_is_not_registered(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(EventRefused) as refusal:
        announcement("hotline", 1, "registered", told(replace(HOTLINE, **changes)), "unit/system", NOW)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"id": "Hotline"}, "can't be an id"),
        ({"id": "a" * 61}, "can't be an id"),
        ({"id": "hot/line"}, "can't be an id"),
        ({"id": ""}, "can't be an id"),
        ({"sources": ()}, "needs a source"),
        ({"sources": ("urn:a b",)}, "can't be a source"),
        ({"sources": ("",)}, "can't be a source"),
        ({"sources": (SOURCE,)}, "can't be a source"),
        ({"types": ("case.rate",)}, "Did you mean case.rated?"),
        ({"types": ("cases.*",)}, r"Did you mean case\.\*\?"),
        ({"types": ("*",)}, "no type"),
    ],
)
def test_what_the_register_can_not_hold_is_refused_with_the_next_step(changes: dict[str, Any], says: str) -> None:
    check_party(HOTLINE)
    with pytest.raises(PublisherRefused, match=says):
        check_party(replace(HOTLINE, **changes))


@pytest.mark.parametrize("text, minutes", [("0", 0), ("0h", 0), ("30m", 30), ("2h", 120), ("1d", 1440), ("024h", 1440)])
def test_a_duration_is_a_number_and_a_unit(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "-1h", "2 h", "1.5h", "2s", "٢h", "9999999d", "2h\n"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(SettingsRefused, match="30m"):
        parse_duration(text)
