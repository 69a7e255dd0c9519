"""Who sees what in plain, what everybody else sees, and that each look is in the log without a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import orjson
import pytest
import structlog
from structlog.testing import capture_logs

from ledger.describe import sample_event
from ledger.event import kinds, latest
from ledger.masking import FORGOTTEN, SEALED
from ledger.submission import check, stored
from ledger.unsealing import PHOTO, PLAIN, Field, Role, SealedField, Unsealer, UnsealRefused, sealed_fields
from shanzhi import logging
from tests.fixed_keys import FixedKeys

NOW = datetime(2024, 6, 1, tzinfo=UTC)
PERSONAL = {
    f"{kind.type}/{kind.wire_names[field.name]}" for kind in kinds.values() for field in kind.personal
}


def sealed(type_: str, **data: Any) -> list[SealedField]:
    """The fields of a sample as the ledger holds it."""
    kind = latest[type_]
    sample = sample_event(kind)
    sample["data"] |= data
    (one,) = stored([check(sample, NOW)], FixedKeys())
    event = orjson.loads(one.value)
    return sealed_fields(kind, event["source"], event["id"], event["subject"], event["data"])


def seen(type_: str, role: Role, *forgotten: str) -> dict[str, Field]:
    fields = Unsealer(FixedKeys(*forgotten), role, "person/li-7f3a", "回访").open(sealed(type_))
    return {field.pointer: field for field in fields}


def test_the_table_of_roles_names_fields_that_exist() -> None:
    assert set(PLAIN) == set(get_args(Role))
    assert set().union(*PLAIN.values()) - {"*", PHOTO} <= PERSONAL


@pytest.mark.parametrize("what", sorted(PERSONAL))
@pytest.mark.parametrize("role", get_args(Role))
def test_every_field_is_plain_for_the_roles_of_the_table_and_for_no_other(what: str, role: Role) -> None:
    type_, name = what.split("/")
    plain = latest[type_].sample.get(name, "")
    fields = sealed(type_, **({} if plain else {name: "某某"}))
    keys = FixedKeys()
    (field,) = [one for one in Unsealer(keys, role, "person/x", "y").open(fields) if one.pointer == f"/data/{name}"]
    allowed = role == "desk" or what in PLAIN[role]
    assert field.shown == ("plain" if allowed else "masked")
    assert (field.value == (plain or "某某")) == allowed


def test_names_and_phones_have_masks_and_the_rest_is_hidden() -> None:
    person, case = seen("person.registered", "mask"), seen("case.discovered", "mask")
    assert (person["/data/name"].value, person["/data/phone"].value) == ("张*", "138****5678")
    assert {field.value for field in case.values()} == {SEALED}


def test_a_dispatcher_sees_where_and_not_what() -> None:
    case = seen("case.discovered", "dispatcher")
    assert case["/data/location"].value == {"longitude": 112.703, "latitude": 40.012}
    assert case["/data/text"].value == SEALED


@pytest.mark.parametrize("role", get_args(Role))
def test_a_forgotten_owner_is_told_as_such_to_every_role(role: Role) -> None:
    case = seen("case.discovered", role, "person/zhao-9b1e")
    assert {(field.shown, field.value) for field in case.values()} == {("forgotten", FORGOTTEN)}


def test_text_moved_from_another_event_opens_for_nobody() -> None:
    (one,) = sealed("case.replied")
    moved = SealedField(one.what, one.source, "another", one.pointer, one.owner, one.mask, one.text)
    (field,) = Unsealer(FixedKeys(), "desk", "person/x", "y").open([moved])
    assert (field.shown, field.value) == ("unreadable", SEALED)


@pytest.mark.parametrize("role", ["desk", "handler", "dispatcher"])
@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("person/x", ""), ("  ", "why"), ("person/x", "\t")])
def test_nobody_sees_anything_in_plain_without_who_and_why(role: Role, by: str, reason: str) -> None:
    with pytest.raises(UnsealRefused, match="who looks"):
        Unsealer(FixedKeys(), role, by, reason)


def test_a_role_that_does_not_exist_is_refused_with_the_list() -> None:
    with pytest.raises(UnsealRefused, match="handler"):
        Unsealer(FixedKeys(), "admin", "person/x", "y")  # type: ignore[arg-type]


def test_one_look_is_one_line_with_who_why_and_how_many_of_whose() -> None:
    unsealer = Unsealer(FixedKeys("person/gone"), "handler", "person/li-7f3a", "回访")
    fields = sealed("case.discovered") + sealed("case.replied") + sealed("case.discovered", reporter="person/gone")
    with capture_logs() as lines:
        unsealer.open(fields)
    assert lines == [
        {
            "event": "unsealed",
            "log_level": "info",
            "what": "fields",
            "count": 5,
            "owners": {"person/zhao-9b1e": 2, "case/sample-1": 1, "person/gone": 2},
            "role": "handler",
            "by": "person/li-7f3a",
            "reason": "回访",
            "plain": 3,
            "forgotten": 2,
        }
    ]


def test_a_line_stays_short_however_many_owners_there_are() -> None:
    fields = [field for number in range(200) for field in sealed("case.discovered", reporter=f"person/p-{number}")]
    with capture_logs() as lines:
        Unsealer(FixedKeys(), "desk", "b" * 1_000, "r" * 1_000).open(fields)
    (line,) = lines
    assert (len(line["owners"]), line["owners_more"], line["count"]) == (50, 150, 400)
    assert len(orjson.dumps(line)) < 2_500


def test_the_line_is_written_whatever_the_level_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    import logging as standard

    root = standard.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        logging.configure("error", "json")
        structlog.get_logger("shanzhi.else").info("held back")
        seen("case.replied", "desk")
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    (line,) = [orjson.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (line["event"], line["role"]) == ("unsealed", "desk")
