"""Corrections: what a stream comes to once some of it was put right, and who may say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ledger.admission import admit
from ledger.codec import EPOCH
from ledger.correction import Corrected, Voided, correctable
from ledger.describe import sample_event
from ledger.errors import EventRefused
from ledger.event import kinds, latest
from ledger.parties import Party
from ledger.record import Batch, StoredRecord
from ledger.submission import Submission, check
from projections.families import FAMILIES
from projections.store import restate
from projections.store.memory import MemoryStore
from tests.strategies import envelope

MORNING = datetime(2024, 5, 11, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
DESK, HOTLINE = "urn:example:desk", "urn:example:hotline"
SEALED = f"sealed:1:{'A' * 22}"
FORMED = {"kind": "patrol", "place": "place/east"}


class Stream:
    """A stream told event by event to a store in memory, an event an hour; ids are e0, e1 …"""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.store = MemoryStore(1)

    def told(self, type_: str, source: str = DESK, **data: Any) -> Stream:
        """This happened."""
        number = len(self.store.log)
        time = MORNING + timedelta(hours=number)
        value = orjson.dumps(envelope(latest[type_], self.subject, f"e{number}", time, data, source))
        raw = StoredRecord(number, (time - EPOCH) // timedelta(milliseconds=1), self.subject.encode(), value)
        self.store.apply(Batch(0, [raw], number))
        return self

    def corrected(self, event: str, field: str, to: Any, **more: Any) -> Stream:
        """A field of it should have said something else."""
        family = self.subject.partition("/")[0]
        return self.told(f"{family}.corrected", event=event, field=field, to=to, reason="wrong", **more)

    def voided(self, event: str, **more: Any) -> Stream:
        """It should not have been said."""
        return self.told(f"{self.subject.partition('/')[0]}.voided", event=event, reason="wrong", **more)

    @property
    def state(self) -> Any:
        """As it is now."""
        return self.store.entities.get(self.subject)

    @property
    def odd(self) -> dict[int, str]:
        """Anomalies by their events' numbers."""
        return {offset: row.reason for (_, offset), row in self.store.anomalies.items()}

    def tally(self, name: str) -> dict[Any, tuple[int, ...]]:
        """The rows of a tally."""
        return self.store.tallies.get(f"tally_{name}", {})


def team() -> Stream:
    return Stream("team/1").told("team.formed", **FORMED)


def test_a_corrected_place_moves_the_team_and_its_members() -> None:
    stream = team().told("team.joined", person="person/li").corrected("e0", "place", "place/west")
    assert stream.state.place == "place/west"
    assert stream.tally("team_place") == {("place/west", "patrol"): (1, 1, 1)}
    assert stream.odd == {}


def test_what_comes_later_goes_on_from_what_was_corrected() -> None:
    stream = team().corrected("e0", "place", "place/west").told("team.joined", person="person/li")
    assert stream.tally("team_place") == {("place/west", "patrol"): (1, 1, 1)}


def test_a_voided_event_was_never_said_and_what_it_made_odd_is_odd_no_more() -> None:
    stream = team().told("team.formed", **FORMED | {"place": "place/west"})
    assert stream.odd == {1: "formed twice"}
    stream.voided("e0")
    assert stream.state.place == "place/west"
    assert stream.odd == {}


def test_of_a_stream_that_is_voided_as_a_whole_nothing_is_left() -> None:
    stream = team().voided("e0")
    assert stream.store.entities == {}
    assert stream.tally("team_place") == {}
    stream.told("team.joined", person="person/li")
    assert stream.state.members == ("person/li",)


def test_a_voided_void_lets_the_event_stand_again() -> None:
    stream = team().voided("e0").voided("e1")
    assert stream.tally("team_place") == {("place/east", "patrol"): (1, 0, 1)}


def test_a_voided_correction_leaves_the_event_as_it_was() -> None:
    assert team().corrected("e0", "place", "place/west").voided("e1").state.place == "place/east"


def test_the_last_word_on_a_field_counts() -> None:
    stream = team().corrected("e0", "place", "place/west").corrected("e0", "place", "place/north")
    assert stream.state.place == "place/north"


def test_another_source_is_named() -> None:
    stream = Stream("team/1").told("team.formed", HOTLINE, **FORMED)
    assert stream.corrected("e0", "place", "place/west").odd == {1: "speaks of an unknown event"}
    assert stream.corrected("e0", "place", "place/west", event_source=HOTLINE).state.place == "place/west"


def test_a_correction_speaks_of_what_stands_before_it() -> None:
    stream = team().voided("e2").told("team.joined", person="person/li").voided("e9")
    assert stream.state.members == ("person/li",)
    assert stream.odd == {1: "speaks of an unknown event", 3: "speaks of an unknown event"}


def test_who_was_forgotten_stays_so_whatever_is_said_of_it() -> None:
    stream = Stream("person/li").told("person.registered", roles=["resident"])
    stream.told("person.forgotten", basis="本人申请").voided("e1").corrected("e1", "owner", "case/1")
    stream.told("person.changed", roles=["volunteer"]).voided("e0")
    assert stream.state.forgotten_at == MORNING + timedelta(hours=1)
    assert (stream.state.registered_at, stream.state.forgotten_owner) == (None, None)
    assert stream.state.roles == ("volunteer",)
    assert stream.odd == dict.fromkeys((2, 3), "speaks of what can't be undone")


def test_a_corrected_time_is_kept_in_utc() -> None:
    data = {"to": "person/li", "rule": "r", "sign_in_due": "2024-05-11T09:00:00Z", "handle_due": "2024-05-12T09:00:00Z"}
    stream = Stream("case/1").told("case.dispatched", **data)
    stream.corrected("e0", "handle_due", "2024-05-13T17:00:00+08:00")
    assert stream.state.handle_due == datetime(2024, 5, 13, 9, tzinfo=UTC)
    assert stream.state.handle_due.tzinfo is UTC


DO_NOT_FIT: dict[str, tuple[str, Any]] = {
    "another type": ("place", 7),
    "no such reference": ("place", "place/ß"),
    "a person": ("place", "person/li"),
    "not one of the values": ("kind", "choir"),
    "absent, though it has to be there": ("kind", None),
    "no such field": ("till", "x"),
}


@pytest.mark.parametrize("name", DO_NOT_FIT)
def test_a_value_that_the_event_could_not_have_had_is_an_anomaly(name: str) -> None:
    stream = team().corrected("e0", *DO_NOT_FIT[name])
    assert stream.odd == {1: "correction does not fit"}
    assert stream.state.place == "place/east"


@pytest.mark.parametrize("time", ["2024-05-13T09:00:00", "2300-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "noon"])
def test_a_time_has_a_zone_and_lies_within_the_bounds(time: str) -> None:
    stream = Stream("case/1").told("case.extended", handle_due="2024-05-12T09:00:00Z", reason="x")
    assert stream.corrected("e0", "handle_due", time).odd[1] == "correction does not fit"


def test_what_is_personal_can_not_be_corrected() -> None:
    stream = Stream("case/1").told("case.replied", text=SEALED)
    for to in ("open to everybody", SEALED[:-1] + "B"):
        stream.corrected("e0", "text", to)
    assert stream.odd[1] == stream.odd[2] == "correction does not fit"


def test_an_optional_field_is_emptied_with_null() -> None:
    stream = Stream("team/1").told("team.formed", **FORMED, name="红色先锋队").corrected("e0", "name", None)
    assert stream.state.name is None
    assert stream.odd == {}


def test_what_a_corrected_stream_asked_for_is_not_asked_for_again() -> None:
    said = {"channel": "window", "demand": "help", "category": "停车", "urgency": "ordinary", "text": SEALED}
    stream = Stream("case/1").told("case.discovered", **said)
    asked = dict(stream.store.requests)
    assert [row.kind for row in asked.values()] == ["dispatch"]
    stream.corrected("e0", "urgency", "urgent")
    assert stream.store.requests == asked
    (deadline,) = [one for clock, one in stream.store.deadlines.items() if clock.clock == "dispatch"]
    assert deadline.span_class == "urgent"


def test_a_stream_that_is_too_long_goes_on_uncorrected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restate, "STREAM_RECORDS", 2)
    stream = team().corrected("e0", "place", "place/west").corrected("e0", "place", "place/north")
    assert stream.odd == {2: "stream too long to correct"}
    assert stream.told("team.joined", person="person/li").tally("team_place") == {("place/west", "patrol"): (1, 1, 1)}


def test_a_stream_is_corrected_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restate, "STREAM_CORRECTIONS", 1)
    stream = team().corrected("e0", "place", "place/west").corrected("e0", "place", "place/north")
    assert stream.odd == {2: "stream corrected too often"}
    assert stream.state.place == "place/west"


# At the way in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_corrected_and_voided(family: str) -> None:
    corrected, voided = (kinds[f"urn:shanzhi:{family}.{done}:1"] for done in ("corrected", "voided"))
    assert issubclass(corrected.cls, Corrected)
    assert issubclass(voided.cls, Voided)
    assert corrected.sample["field"] in correctable(family)
    assert corrected.subjects == voided.subjects == (family,)


def correction(type_: str = "case.corrected", **data: Any) -> dict[str, Any]:
    sample = sample_event(latest[type_])
    return sample | {"data": sample["data"] | data}


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a field of another family": ({"field": "colour"}, "field_of_no_event", "/data/field"),
    "a misspelt field": ({"field": "urgencyy"}, "field_of_no_event", "/data/field"),
    "a name of Python": ({"field": "handle_class"}, "field_of_no_event", "/data/field"),
    "a personal field": ({"field": "measures"}, "field_personal", "/data/field"),
    "a phone number": ({"to": "13912345678"}, "personal_number", "/data/to"),
    "no reason": ({"reason": ""}, "text_too_short", "/data/reason"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_correction_that_can_not_be_meant_is_refused(name: str) -> None:
    data, code, pointer = REFUSED[name]
    with pytest.raises(EventRefused) as refusal:
        check(correction(**data), NOW)
    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)


@pytest.mark.parametrize("to", [None, 3, -0.5, True, "词", [], {"a": [{"b": None}]}])
def test_any_json_value_may_be_what_a_field_should_have_said(to: Any) -> None:
    assert check(correction(to=to), NOW).data.to == to  # type: ignore[attr-defined]  # a correction's twin


class Nowhere:
    """A territory without places."""

    def outside(self, places: Any, grounds: Any) -> Any:
        return places


OWN = sample_event(latest["case.closed"])["source"]
CORRECTIONS: dict[str, tuple[Party, dict[str, Any], str | None]] = {
    "one's own event": (Party("a", "a", (OWN,)), {}, None),
    "one's own, named": (Party("a", "a", (OWN, HOTLINE)), {"event_source": HOTLINE}, None),
    "another's": (Party("a", "a", (OWN,)), {"event_source": HOTLINE}, "correction_not_granted"),
    "another's, all of the family granted": (
        Party("a", "a", (OWN,), ("case.*",)),
        {"event_source": HOTLINE},
        "correction_not_granted",
    ),
    "another's, granted by name": (Party("a", "a", (OWN,), ("case.corrected",)), {"event_source": HOTLINE}, None),
    "to a place that was not granted": (
        Party("a", "a", (OWN,), (), ("place/west",)),
        {"field": "place", "to": "place/east"},
        "place_not_granted",
    ),
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_who_may_correct(name: str) -> None:
    party, data, code = CORRECTIONS[name]
    said: Submission = check(correction(**data), NOW)
    if code is None:
        admit(party, said, Nowhere())
        return
    with pytest.raises(EventRefused) as refusal:
        admit(party, said, Nowhere())
    assert refusal.value.code == code
