"""Older versions are read in the words of the newest one: a history of both folds as if it had always been that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codec import Examiner, Sound
from ledger.describe import sample_event
from ledger.errors import EventRefused
from ledger.event import Event, EventMeta, dataschema, kinds, latest, types
from ledger.events.patrol import PatrolMade, PatrolMadeBefore
from ledger.fields import Name, Personal, SealedText
from ledger.record import Batch, StoredRecord
from ledger.submission import check
from ledger.upcast import name_today, upcast
from projections.store.memory import MemoryStore
from tests.contract.write_golden import FOLDER
from tests.strategies import PROFILE, data_in_ledger

FIRST, SECOND = (kinds[dataschema("patrol.made", version)] for version in (1, 2))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP_MS = int(NOW.timestamp() * 1000)
SUBJECT = "patrol/1"


def record(offset: int, id_: str, type_: str, version: int, data: dict[str, Any]) -> StoredRecord:
    event = sample_event(kinds[dataschema(type_, version)])
    value = orjson.dumps(event | {"id": id_, "subject": SUBJECT, "data": data})
    return StoredRecord(offset, STAMP_MS, SUBJECT.encode(), value)


def in_version_2(data: dict[str, Any]) -> dict[str, Any]:
    """By hand, as a publisher would move over."""
    return {"persons" if name == "members" else name: value for name, value in data.items()}


def folded(records: list[StoredRecord]) -> tuple[Any, ...]:
    """What readers see of the tables."""
    store = MemoryStore(1)
    for one in records:
        store.apply(Batch(0, [one], one.offset))
    assert store.quarantine == {}
    return store.entities, store.tallies, {place: row.reason for place, row in store.anomalies.items()}


def test_the_golden_bytes_of_version_1_are_told_as_version_2() -> None:
    stored = orjson.loads((FOLDER / "patrol.made.1.json").read_bytes())
    partition = Examiner(12)
    said = [
        partition.examine(StoredRecord(7, STAMP_MS, stored["subject"].encode(), orjson.dumps(stored)), number)
        for number in range(12)
    ]
    (sound,) = (one for one in said if isinstance(one, Sound))
    assert sound.record is not None
    event = sound.record.event
    assert isinstance(event, PatrolMade)
    assert (list(event.persons), event.metres) == (stored["data"]["members"], None)
    assert event.began.tzinfo is UTC


@settings(PROFILE)
@given(data_in_ledger(FIRST))
def test_whatever_version_1_held_is_what_version_2_would_hold(data: dict[str, Any]) -> None:
    first = FIRST.decoder.decode(orjson.dumps(data))
    assert upcast(FIRST, first) == SECOND.decoder.decode(orjson.dumps(in_version_2(data)))
    assert upcast(SECOND, (newest := upcast(FIRST, first))) is newest


@settings(PROFILE)
@given(st.data())
def test_a_mixed_history_with_corrections_folds_as_one_of_version_2_alone(draws: st.DataObject) -> None:
    """Corrections name a field as either version does, whichever version the event was told in."""
    mixed, newer = [], []
    for offset in range(draws.draw(st.integers(1, 6))):
        if offset and draws.draw(st.booleans()):
            name = draws.draw(st.sampled_from(["members", "persons", "place", "metres", "team"]))
            to = draws.draw(st.sampled_from([["person/a"], ["person/b", "person/c"], "place/x", 700, "team/9", None]))
            data = {"event": f"e{draws.draw(st.integers(0, offset))}", "field": name, "to": to, "reason": "wrong"}
            mixed.append(record(offset, f"e{offset}", "patrol.corrected", 1, data))
            newer.append(record(offset, f"e{offset}", "patrol.corrected", 1, in_words_of_2(data)))
            continue
        version = draws.draw(st.sampled_from([1, 2]))
        data = draws.draw(data_in_ledger(kinds[dataschema("patrol.made", version)]))
        mixed.append(record(offset, f"e{offset}", "patrol.made", version, data))
        newer.append(record(offset, f"e{offset}", "patrol.made", 2, in_version_2(data)))
    assert folded(mixed) == folded(newer)


def in_words_of_2(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"field": {"members": "persons"}.get(data["field"], data["field"])}


MADE = {
    "team": "team/1",
    "place": "place/x",
    "members": ["person/a"],
    "began": "2024-05-11T06:00:00Z",
    "ended": "2024-05-11T07:00:00Z",
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ["members", "persons"])
def test_a_field_is_corrected_by_its_name_in_any_version(version: int, name: str) -> None:
    data = MADE if version == 1 else in_version_2(MADE)
    correction = {"event": "e0", "field": name, "to": ["person/b", "person/a"], "reason": "wrong"}
    records = [record(0, "e0", "patrol.made", version, data), record(1, "e1", "patrol.corrected", 1, correction)]
    entities, _, odd = folded(records)
    assert (entities[SUBJECT].members, odd) == (("person/a", "person/b"), {})


def test_what_version_2_knows_alone_can_be_put_right_in_an_event_of_version_1() -> None:
    correction = {"event": "e0", "field": "metres", "to": 900, "reason": "left out"}
    records = [record(0, "e0", "patrol.made", 1, MADE), record(1, "e1", "patrol.corrected", 1, correction)]
    assert folded(records)[0][SUBJECT].metres == 900


def test_publishers_say_version_1_without_a_word_and_version_2_by_its_name() -> None:
    old = {name: value for name, value in sample_event(FIRST).items() if name != "dataschema"}
    new = sample_event(SECOND)
    assert check(old, NOW).kind is FIRST
    assert check(new, NOW).kind is SECOND
    for mixed, lacking in ((old | {"data": new["data"]}, "persons"), (new | {"data": old["data"]}, "members")):
        with pytest.raises(EventRefused) as caught:
            check(mixed, NOW)
        assert (caught.value.code, lacking in caught.value.pointer) == ("field_unknown", True)


def test_names_of_today() -> None:
    for name in ("members", "persons"):
        assert name_today("patrol.made", name) == "persons"
    for name in ("place", "metres", "nothing"):
        assert name_today("patrol.made", name) == name
    assert name_today("person.registered", "members") == "members"


@pytest.fixture
def registry() -> Iterator[None]:
    """Types may be made, and are gone afterwards."""
    registries: list[dict[Any, Any]] = [kinds, latest, types]
    before = [known.copy() for known in registries]
    yield
    for known, was in zip(registries, before, strict=True):
        known.clear()
        known.update(was)


def made(version: int, renamed: dict[str, str] | None = None, **fields: Any) -> Any:
    """A version of a type of this test, by its fields; a default is the second of a pair."""
    namespace: dict[str, Any] = {"__module__": "ledger.events.test", "__annotations__": {}}
    for name, hint in fields.items():
        if isinstance(hint, tuple):
            namespace["__annotations__"][name], namespace[name] = hint
        else:
            namespace["__annotations__"][name] = hint
    return EventMeta("Made", (Event,), namespace, type="test.made", term="测试", version=version, renamed=renamed)


@pytest.mark.usefixtures("registry")
def test_a_third_version_tells_the_first_one_too() -> None:
    first = made(1, a=int)
    made(2, {"a": "b"}, b=int, c=(int, 7))
    third = made(3, {"b": "d"}, d=int, c=(int, 8))
    assert upcast(kinds["urn:shanzhi:test.made:1"], first(a=5)) == third(d=5, c=8)
    assert [name_today("test.made", name) for name in "abcd"] == ["d", "d", "c", "d"]


SEALED = Annotated[SealedText, Personal(Name)]
BROKEN: dict[str, tuple[dict[str, Any], int, dict[str, str], dict[str, Any], str]] = {
    "a version left out": ({"a": int}, 3, {}, {"a": int}, "one after the other"),
    "a field lost": ({"a": int}, 2, {}, {}, "lacks a of the version before"),
    "a new field that is required": ({"a": int}, 2, {}, {"a": int, "b": int}, "give it a default"),
    "an old name for another field": ({"a": int}, 2, {"a": "b"}, {"b": int, "a": (int, 0)}, "mean another field"),
    "a sealed field renamed": ({"a": SEALED}, 2, {"a": "b"}, {"b": SEALED}, "keeps its name"),
    "a public field sealed": ({"a": str}, 2, {}, {"a": SEALED}, "keeps its name"),
}


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("what", BROKEN)
def test_a_version_that_could_not_tell_the_past_is_refused_as_it_is_defined(what: str) -> None:
    before, version, renamed, fields, said = BROKEN[what]
    made(1, **before)
    with pytest.raises(TypeError, match=said):
        made(version, renamed, **fields)


def test_the_older_class_is_for_reading_alone() -> None:
    assert latest["patrol.made"].cls is PatrolMade
    assert msgspec.structs.fields(PatrolMadeBefore)[2].name == "members"
