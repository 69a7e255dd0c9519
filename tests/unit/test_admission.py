"""Who may say what: a party with everything granted is always admitted, one with nothing never."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from ledger.admission import DESTROYING, RESERVED, Placed, admit, place_fields, places_of
from ledger.announcement import grantable
from ledger.describe import sample_event
from ledger.errors import EventRefused
from ledger.event import EventKind, kinds, latest
from ledger.parties import Party
from ledger.submission import Submission, check
from tests.strategies import PROFILE
from tests.submissions import data_of

NOW = datetime(2024, 6, 1, tzinfo=UTC)
SOURCE = "urn:example:shanzhi-describe"
EVERYTHING = tuple(name for name in grantable() if name.endswith(".*"))
NOTHING = Party("nobody", "nobody", ())
HOTLINE = Party("hotline", "12345", (SOURCE,))


class Tree:
    """A territory of a few places, each by its parent; remembers what it was asked."""

    def __init__(self, **parents: str) -> None:
        self.parents = {f"place/{place}": f"place/{parent}" for place, parent in parents.items()}
        self.asked: list[set[str]] = []

    def outside(self, places: Collection[str], grounds: Collection[str]) -> Collection[str]:
        self.asked.append(set(places))
        return {place for place in places if not self._inside(place, grounds)}

    def _inside(self, place: str | None, grounds: Collection[str]) -> bool:
        return place is not None and (place in grounds or self._inside(self.parents.get(place), grounds))


COUNTY = Tree(xicheng="county", yunxing="xicheng", grid="yunxing", dongcheng="county")


def said(type_: str, subject: str | None = None, **data: Any) -> Submission:
    """The type's sample with other data."""
    event = sample_event(latest[type_])
    return check(event | {"subject": subject or event["subject"], "data": {**event["data"], **data}}, NOW)


def refused(party: Party, submission: Submission, territory: Tree = COUNTY) -> EventRefused:
    with pytest.raises(EventRefused) as refusal:
        admit(party, submission, territory)
    return refusal.value


# Laws ---------------------------------------------------------------------------------------------


@st.composite
def submissions(draw: st.DrawFn) -> Submission:
    kind = draw(st.sampled_from(list(kinds.values())))
    data = draw(data_of(kind))
    data.pop("event_source", None)  # whose events a party may correct: test_corrections
    return check(sample_event(kind) | {"data": data}, datetime(2200, 1, 1, tzinfo=UTC))


@settings(PROFILE, max_examples=150)
@given(submissions(), st.lists(st.sampled_from(["place/xicheng", "place/county"]), unique=True))
def test_a_party_with_everything_granted_is_always_admitted(submission: Submission, places: list[str]) -> None:
    everywhere = {place for _, place in places_of(submission)}
    admit(replace(HOTLINE, types=EVERYTHING), submission, Tree())
    admit(replace(HOTLINE, types=EVERYTHING, places=(*places, *everywhere)), submission, Tree())


@settings(PROFILE, max_examples=150)
@given(submissions())
def test_a_party_with_nothing_granted_is_never_admitted(submission: Submission) -> None:
    assert refused(NOTHING, submission).code == "source_not_granted"
    no_type = replace(HOTLINE, types=("no.type",))
    assert refused(no_type, submission).code == "type_not_granted"
    nowhere = replace(HOTLINE, types=EVERYTHING, places=("place/of-nobody!",))  # no event can name it
    if first := next(iter(places_of(submission)), None):
        refusal = refused(nowhere, submission, Tree())
        assert (refusal.code, refusal.pointer) == ("place_not_granted", first.pointer)
    else:
        admit(nowhere, submission, Tree())


@pytest.mark.parametrize("kind", kinds.values(), ids=lambda kind: kind.dataschema)
def test_every_field_that_takes_nothing_but_places_is_checked(kind: EventKind) -> None:
    """Found a second way: by the patterns that a way in checks."""
    fields: Any = inspect.type_info(kind.plain)
    assert [name for _, name in place_fields(kind)] == [
        field.encode_name for field in fields.fields if "^(?:place)/" in repr(field.type)
    ]


def test_what_may_be_a_place_or_somebody_else_is_not_checked() -> None:
    """An escalation goes to a tier above, whose place lies outside by its nature."""
    admit(replace(HOTLINE, places=("place/xicheng",)), said("case.escalated", to="place/county"), COUNTY)


# Examples -----------------------------------------------------------------------------------------


def test_a_source_of_somebody_else_is_refused_by_its_name() -> None:
    refusal = refused(replace(HOTLINE, sources=("urn:example:a", "urn:example:b")), said("case.closed"))
    assert (refusal.code, refusal.pointer, refusal.value) == ("source_not_granted", "/source", SOURCE)
    assert all("urn:example:a, urn:example:b" in text for text in (refusal.remedy, refusal.remedy_chinese))
    assert "hotline" in refusal.rule


@pytest.mark.parametrize(
    "types, admitted",
    [
        ((), True),
        (("case.closed",), True),
        (("case.*",), True),
        (("case.rated", "case.*"), True),
        (("case.rated",), False),
        (("unit.*",), False),
        (("case.close",), False),
        (("case",), False),
        (("*",), False),
    ],
)
def test_a_type_is_granted_by_name_or_by_family(types: tuple[str, ...], admitted: bool) -> None:
    party = replace(HOTLINE, types=types)
    if admitted:
        admit(party, said("case.closed"), COUNTY)
    else:
        refusal = refused(party, said("case.closed"))
        assert (refusal.code, refusal.pointer, refusal.value) == ("type_not_granted", "/type", "case.closed")
        assert types[0] in refusal.remedy


def test_the_registers_own_announcements_need_a_grant_by_name() -> None:
    """Else whoever may publish everything could announce publishers that are none."""
    revoked = said("publisher.revoked")
    refusal = refused(HOTLINE, revoked)
    assert (refusal.code, refusal.pointer) == ("type_not_granted", "/type")
    assert RESERVED in refusal.remedy
    admit(replace(HOTLINE, types=("publisher.*",)), revoked, COUNTY)


@pytest.mark.parametrize("types", [(), ("person.*",)])
def test_nobody_tells_of_a_forgetting_by_the_way(types: tuple[str, ...]) -> None:
    """A restore destroys the keys of whom the ledger says so."""
    forgotten = said("person.forgotten")
    refusal = refused(replace(HOTLINE, types=types), forgotten)
    assert (refusal.code, refusal.pointer) == ("type_not_granted", "/type")
    admit(replace(HOTLINE, types=(*types, DESTROYING)), forgotten, COUNTY)


@pytest.mark.parametrize(
    "place, admitted",
    [
        ("place/xicheng", True),
        ("place/grid", True),
        ("place/dongcheng", False),
        ("place/county", False),
        ("place/moon", False),
    ],
)
def test_a_place_is_granted_with_all_below_it(place: str, admitted: bool) -> None:
    party, submission = replace(HOTLINE, places=("place/xicheng",)), said("unit.contacted", place=place)
    if admitted:
        admit(party, submission, COUNTY)
    else:
        refusal = refused(party, submission)
        assert (refusal.code, refusal.pointer, refusal.value) == ("place_not_granted", "/data/place", place)
        assert "place/xicheng" in refusal.remedy


def test_each_place_of_a_list_counts_and_the_refused_one_is_pointed_at() -> None:
    party = replace(HOTLINE, places=("place/xicheng",))
    paired = said("unit.paired", community="place/yunxing", estates=["place/grid", "place/dongcheng"])
    assert refused(party, paired).pointer == "/data/estates/1"
    merged = said("place.merged", subject="place/grid", **{"from": ["place/dongcheng"]})
    assert refused(party, merged).pointer == "/data/from/0"


def test_the_subject_of_an_event_about_a_place_counts() -> None:
    party = replace(HOTLINE, places=("place/xicheng",))
    refusal = refused(party, said("place.closed", subject="place/dongcheng"))
    assert (refusal.code, refusal.pointer) == ("place_not_granted", "/subject")
    admit(party, said("place.closed", subject="place/grid"), COUNTY)


def test_nobody_is_asked_about_places_where_none_is_named_or_all_are_granted() -> None:
    tree = Tree()
    admit(HOTLINE, said("unit.contacted"), tree)
    admit(replace(HOTLINE, places=("place/xicheng",)), said("case.closed"), tree)
    assert tree.asked == []


def test_all_places_of_an_event_are_one_question() -> None:
    tree = Tree()
    places = ("place/a", "place/b", "place/c")
    admit(
        replace(HOTLINE, places=places),
        said("unit.paired", community="place/a", estates=["place/b", "place/c", "place/b"]),
        tree,
    )
    assert tree.asked == [set(places)]


def test_the_fields_that_hold_places_come_from_the_types_of_the_class() -> None:
    assert place_fields(latest["unit.paired"]) == (("community", "community"), ("estates", "estates"))
    assert place_fields(latest["place.merged"]) == (("merged", "from"),)
    assert place_fields(latest["case.closed"]) == ()
    assert list(places_of(said("unit.contacted", place="place/x"))) == [Placed("/data/place", "place/x")]
