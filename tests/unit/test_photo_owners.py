"""Whose photos a publisher may send: of what its granted types have photos of, and never under a personal number."""

from __future__ import annotations

import pytest

from ledger.errors import EventRefused
from ledger.event import latest
from ledger.parties import Party
from ledger.photo_owners import admit_photo, types_with_photos


def refused(owner: str, *types: str) -> EventRefused:
    with pytest.raises(EventRefused) as caught:
        admit_photo(Party("hotline", "12345", ("urn:example:hotline",), types), owner)
    return caught.value


def test_the_types_are_those_whose_class_holds_photos() -> None:
    holding = {type_ for type_, kind in latest.items() if {"photos", "snapshot"} & kind.wire_names.keys()}
    of_cases = {type_ for type_ in holding if latest[type_].family == "case"}
    assert set(types_with_photos("case")) == of_cases != set()
    assert set(types_with_photos("camera")) == holding - of_cases == {"camera.alerted"}
    assert set(types_with_photos("person")) == holding, "whoever is in the picture may own it"
    assert types_with_photos("activity") == types_with_photos("nothing") == ()


@pytest.mark.parametrize("types", [(), ("case.*",), ("case.discovered",), ("activity.*", "case.handled")])
@pytest.mark.parametrize("owner", ["case/20240511-0007", "person/li-7f3a"])
def test_whoever_may_send_such_events_may_send_their_photos(owner: str, types: tuple[str, ...]) -> None:
    admit_photo(Party("hotline", "12345", ("urn:example:hotline",), types), owner)


@pytest.mark.parametrize(
    ("owner", "types"),
    [
        ("case/1", ("case.rated",)),
        ("person/1", ("activity.*", "publisher.*")),
        ("activity/1", ("activity.*",)),
        ("activity/1", ()),
        ("nothing/1", ()),
    ],
)
def test_others_are_refused(owner: str, types: tuple[str, ...]) -> None:
    error = refused(owner, *types)
    assert (error.code, error.pointer) == ("type_not_granted", "/owner")
    assert "hotline" in error.rule and "hotline" in error.rule_chinese
    assert "{" not in error.rule + error.remedy + error.remedy_chinese


@pytest.mark.parametrize("id_", ["13812345678", "110101199003072316", "11010119900307231X"])
@pytest.mark.parametrize("kind", ["person", "case", "nothing"])
def test_a_personal_number_is_no_id(kind: str, id_: str) -> None:
    error = refused(f"{kind}/{id_}")
    assert (error.code, error.pointer) == ("personal_number", "/owner")
    assert id_ not in str(error)
