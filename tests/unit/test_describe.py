"""What the catalogue says of itself: complete, plain, with samples that can be published as they stand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import orjson
import pytest
from msgspec import Struct

from ledger.describe import FieldRow, all_types, describe_type
from ledger.errors import EventRefused
from ledger.event import EventKind, latest
from ledger.fields import Name, Personal, SealedText, Time
from ledger.submission import check
from ledger.twin import personal_fields

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def fields(type_: str) -> dict[str, FieldRow]:
    return {row.name: row for row in describe_type(type_).fields}


def test_the_table_names_every_type_with_its_term_and_what_it_says() -> None:
    rows = all_types()
    assert sorted(row.type for row in rows) == sorted(latest)
    assert all(row.term and row.family and row.summary for row in rows)
    families = [row.family for row in rows]
    assert families == sorted(families)
    whistled = next(row for row in rows if row.type == "case.whistled")
    assert (whistled.term, whistled.version, whistled.family) == ("吹哨", 1, "case")


@pytest.mark.parametrize("kind", latest.values(), ids=lambda kind: kind.dataschema)
def test_a_description_is_complete_and_its_sample_can_be_published(kind: EventKind) -> None:
    described = describe_type(kind.type)
    assert check(described.sample, NOW).kind is kind
    assert [row.name for row in described.fields if "." not in row.name] == list(kind.wire_names.values())
    personal = {kind.wire_names[field.name] for field in kind.personal}
    assert {row.name.split(".")[0].removesuffix("[]") for row in described.fields if row.personal} == personal
    assert orjson.loads(orjson.dumps(described)) == orjson.loads(orjson.dumps(asdict(described)))
    for row in described.fields:
        assert row.allowed or "allowed values" not in row.type
        assert "\\Z" not in row.limits  # Python's alone


@pytest.mark.parametrize("kind", latest.values(), ids=lambda kind: kind.dataschema)
def test_the_required_fields_are_those_that_can_not_be_left_out(kind: EventKind) -> None:
    described = describe_type(kind.type)
    for name in kind.sample:
        data = {key: value for key, value in kind.sample.items() if key != name}
        row = next(row for row in described.fields if row.name == name)
        if row.required:
            with pytest.raises(EventRefused, match=f"lacks {name}"):
                check({**described.sample, "data": data}, NOW)
        else:
            check({**described.sample, "data": data}, NOW)


def test_fields_are_told_in_words() -> None:
    discovered, whistled, person = (
        fields("case.discovered"),
        fields("case.whistled"),
        fields("person.registered"),
    )
    assert discovered["text"] == FieldRow("text", "text", True, True, "1 to 4000 characters", ())
    assert discovered["class"].allowed == ("d15", "d7", "h2", "h24")
    assert discovered["location.latitude"] == FieldRow(
        "location.latitude", "number", True, True, "-90 to 90", ()
    )
    assert discovered["about"].type == "reference person or unit/…"
    assert discovered["photos[].bytes"].limits == "1 to 5242880"
    assert whistled["units"].limits == "1 to 20 items"
    assert whistled["units[].part"].allowed == ("assist", "lead")
    assert whistled["report_due"].type == "time with zone (RFC 3339)"
    assert person["phone"].limits == "matches ^[0-9+ -]{5,20}$"
    assert "grid_worker" in person["roles"].allowed
    assert fields("duty.served")["beneficiaries"].limits == "0 to 1000000000"
    assert not fields("curtain.seen")


@pytest.mark.parametrize(
    ("type_", "said"),
    [("case.wistled", "Did you mean case.whistled?"), ("nonsense" * 1000, "See: shanzhi describe")],
)
def test_what_the_catalogue_does_not_have(type_: str, said: str) -> None:
    with pytest.raises(EventRefused) as caught:
        describe_type(type_)
    assert caught.value.pointer == "/type"
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


class WithName(Struct):
    name: Annotated[SealedText, Personal(Name)]


class WithTime(Struct):
    at: Time


class Hidden(Struct):
    first: WithName | None = None


class HiddenInList(Struct):
    many: Annotated[tuple[WithTime, ...], msgspec.Meta(max_length=3)] = ()


@pytest.mark.parametrize("cls", [Hidden, HiddenInList])
def test_an_event_that_hides_a_personal_field_or_a_time_inside_can_not_be_defined(cls: type) -> None:
    with pytest.raises(TypeError, match="only events may hold"):
        personal_fields(cls)
