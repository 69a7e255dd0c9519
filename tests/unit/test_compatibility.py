"""A new edition of a schema: what breaks a promise is named with its place, what widens it passes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import SchemaError

from ledger.contract.compatibility import incompatible
from ledger.contract.json_schema import all_schemas, schema_of
from ledger.describe import sample_event
from ledger.event import kinds
from tests.contract.ecma import validator
from tests.strategies import PROFILE
from tests.submissions import data_of

NAME = "urn:shanzhi:case.discovered:1"
CORRECTED = "urn:shanzhi:patrol.corrected:1"
WHISTLED = "urn:shanzhi:case.whistled:1"
Change = Callable[[Any], object]


def edition(change: Change, name: str = NAME) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after: one schema, and a copy of it to which the change was done."""
    before = {name: schema_of(kinds[name])}
    after = copy.deepcopy(before)
    change(after[name]["properties"])
    assert after != before, "nothing was changed"
    return before, after


def data(properties: Any) -> Any:
    return properties["data"]["properties"]


# what is done to a schema: (the change, what is said of it)
BREAKING: dict[str, tuple[Change, str]] = {
    "field removed": (lambda p: data(p).pop("urgency"), "/data/urgency: the field was removed"),
    "attribute removed": (lambda p: p.pop("traceparent"), "/traceparent: the field was removed"),
    "newly required": (lambda p: p["data"]["required"].append("place"), "/data/place: the field is required now"),
    "new and required": (
        lambda p: (data(p).update(new={"type": "string"}), p["data"]["required"].append("new")),
        "/data/new: the field is required now",
    ),
    "type changed": (
        lambda p: data(p).update(category={"type": "integer"}),
        "/data/category: the type changed from string to integer",
    ),
    "number to integer": (
        lambda p: location(p)["longitude"].update(type="integer"),
        "/data/location/longitude: the type changed from number to integer",
    ),
    "null no longer taken": (
        lambda p: data(p)["place"]["anyOf"].pop(),
        "/data/place: null is no longer taken",
    ),
    "longest text shortened": (
        lambda p: data(p)["text"].update(maxLength=3999),
        "/data/text: maxLength was narrowed from 4000 to 3999",
    ),
    "a minimum for a list": (
        lambda p: data(p)["photos"].update(minItems=1),
        "/data/photos: minItems was narrowed from none to 1",
    ),
    "a minimum raised, deep inside": (
        lambda p: data(p)["photos"]["items"]["properties"]["bytes"].update(minimum=2),
        "/data/photos/-/bytes: minimum was narrowed from 1 to 2",
    ),
    "a maximum lowered, in an optional object": (
        lambda p: location(p)["latitude"].update(maximum=89.9),
        "/data/location/latitude: maximum was narrowed from 90 to 89.9",
    ),
    "allowed value removed": (
        lambda p: data(p)["demand"]["enum"].remove("help"),
        "/data/demand: no longer allowed: help",
    ),
    "allowed value of an optional field removed": (
        lambda p: data(p)["class"]["anyOf"][0]["enum"].remove("h2"),
        "/data/class: no longer allowed: h2",
    ),
    "any text became certain values": (
        lambda p: data(p)["category"].update(enum=["停车管理"]),
        "/data/category: only certain values are taken now: 停车管理",
    ),
    "another constant": (
        lambda p: p["specversion"].update(const="1.1"),
        "/specversion: no longer allowed: 1.0",
    ),
    "kind of reference removed": (
        lambda p: data(p)["about"]["anyOf"][0].update(pattern="^(?:unit)/[A-Za-z0-9._~-]{1,120}$"),
        "/data/about: kind of reference removed: person",
    ),
    "id of a reference narrowed": (
        lambda p: data(p)["place"]["anyOf"][0].update(pattern="^(?:place)/[a-z]{1,120}$"),
        "/data/place: the pattern was narrowed, or nobody can tell",
    ),
    "a pattern where there was none": (
        lambda p: p["id"].update(pattern="^[a-z]+$"),
        "/id: the pattern was narrowed, or nobody can tell: from none",
    ),
    "subject kind removed": (
        lambda p: p["subject"].update(pattern="^(?:file)/[A-Za-z0-9._~-]{1,120}$"),
        "/subject: subject kind removed: case",
    ),
    "a format where there was none": (
        lambda p: p["id"].update(format="uuid"),
        "/id: the format changed from none to uuid",
    ),
    "personal mark dropped": (
        lambda p: [data(p)["text"].pop(name) for name in ("x-personal", "x-owner")],
        "/data/text: the personal mark was dropped",
    ),
    "personal mark dropped from an optional field": (
        lambda p: [data(p)["location"].pop(name) for name in ("x-personal", "x-owner")],
        "/data/location: the personal mark was dropped",
    ),
    "became personal": (
        lambda p: data(p)["category"].update({"x-personal": True, "x-owner": ["/subject"]}),
        "/data/category: became personal",
    ),
    "another owner": (
        lambda p: data(p)["text"].update({"x-owner": ["/subject"]}),
        "/data/text: the owner changed",
    ),
    "another meaning of nothing": (
        lambda p: data(p)["photos"].pop("default"),
        "/data/photos: an absent field meant [] and would mean None",
    ),
    "a keyword that is not known here": (
        lambda p: data(p)["photos"].update(uniqueItems=True),
        "/data/photos: uniqueItems changed, which is not understood here",
    ),
    "such a keyword in an optional field": (
        lambda p: data(p)["place"]["anyOf"][0].update({"not": {"const": "place/x"}}),
        "/data/place: not changed, which is not understood here",
    ),
}


def location(properties: Any) -> Any:
    return data(properties)["location"]["anyOf"][0]["properties"]


@pytest.mark.parametrize("what", BREAKING)
def test_a_change_that_breaks_is_named_with_its_place_and_nothing_else_is(what: str) -> None:
    change, said = BREAKING[what]
    found = incompatible(*edition(change))
    assert len(found) == 1, found
    assert found[0].startswith(f"{NAME} {said}")


WIDENING: dict[str, Change] = {
    "a new optional field": lambda p: data(p).update(new={"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "a field no longer required": lambda p: p["data"]["required"].remove("urgency"),
    "null taken too": lambda p: data(p).update(category={"anyOf": [data(p)["category"], {"type": "null"}]}),
    "null taken too, in a personal field": lambda p: data(p).update(
        text={
            "anyOf": [{"type": "string", "minLength": 1, "maxLength": 4000}, {"type": "null"}],
            "x-personal": True,
            "x-owner": ["/data/reporter", "/subject"],
        }
    ),
    "bounds wider": lambda p: data(p)["text"].update(maxLength=8000, minLength=0),
    "no bound": lambda p: data(p)["photos"].pop("maxItems"),
    "an allowed value more": lambda p: data(p)["demand"]["enum"].append("praise"),
    "any text instead of certain values": lambda p: data(p)["demand"].pop("enum"),
    "a kind of reference more": lambda p: data(p)["place"]["anyOf"][0].update(
        pattern="^(?:place|unit)/[A-Za-z0-9._~-]{1,120}$"
    ),
    "any kind of reference": lambda p: data(p)["place"]["anyOf"][0].update(
        pattern="^(?:[a-z]+)/[A-Za-z0-9._~-]{1,120}$"
    ),
    "another subject kind": lambda p: p["subject"].update(pattern="^(?:case|file)/[A-Za-z0-9._~-]{1,120}$"),
    "integer to number": lambda p: data(p)["photos"]["items"]["properties"]["bytes"].update(type="number"),
    "other words": lambda p: data(p)["text"].update(title="正文", description="what was said"),
}


@pytest.mark.parametrize("what", WIDENING)
def test_a_change_that_widens_passes(what: str) -> None:
    assert incompatible(*edition(WIDENING[what])) == []


@pytest.mark.parametrize("what", [what for what in WIDENING if what != "other words"])
def test_the_way_back_breaks(what: str) -> None:
    before, after = edition(WIDENING[what])
    assert incompatible(after, before)


def test_fields_that_may_be_corrected_become_more_and_never_fewer() -> None:
    """So the name that a field had in an older version can be said for ever."""
    named = "^(began|ended|metres|more|persons|place|team)$"
    before, after = edition(lambda p: data(p)["field"].update(pattern=named), CORRECTED)
    assert incompatible(before, after) == [f"{CORRECTED} /data/field: allowed name removed: members"]
    data(before[CORRECTED]["properties"])["field"]["pattern"] = "^(began|ended|place|team)$"
    assert incompatible(before, after) == []


def test_the_same_edition_and_a_new_type_pass_and_a_lost_one_is_named() -> None:
    schemas = all_schemas()
    fewer = {name: schema for name, schema in schemas.items() if name != NAME}
    assert incompatible(schemas, copy.deepcopy(schemas)) == []
    assert incompatible(fewer, schemas) == []
    assert incompatible(schemas, fewer) == [f"{NAME} /: the dataschema is gone"]


# The law: whatever is done to a schema, either it is named or nothing that was taken is refused ---


@settings(PROFILE, max_examples=60)
@given(draws=st.data())
def test_what_was_taken_is_still_taken_where_nothing_is_named(draws: st.DataObject) -> None:
    kind = kinds[draws.draw(st.sampled_from([NAME, WHISTLED, "urn:shanzhi:place.registered:1"]))]
    before, after = edition(lambda properties: edit(draws.draw, properties), kind.dataschema)
    event = sample_event(kind) | {"data": draws.draw(data_of(kind))}
    try:
        still = validator(after[kind.dataschema])
    except SchemaError:
        return
    assert validator(before[kind.dataschema]).is_valid(event)
    assert still.is_valid(event) or incompatible(before, after)


def edit(draw: Callable[[st.SearchStrategy[Any]], Any], properties: Any) -> None:
    """One keyword anywhere in the schema gone or with another value."""
    container, key = draw(st.sampled_from(list(keywords(properties))))
    value = container[key]
    others: list[Any] = [0, 1, 3, "string", "null", "integer", ["null"], False, True, "^x$", {"type": "null"}]
    if isinstance(value, list) and value:
        others.append(value[1:])
    if isinstance(value, int | float):
        others += [value - 1, value + 1]
    other = draw(st.sampled_from([other for other in others if other != value]))
    if draw(st.booleans()) and not isinstance(container, list):
        del container[key]
    else:
        container[key] = other


def keywords(node: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(value, dict | list):
            yield from keywords(value)
