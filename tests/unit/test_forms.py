"""Forms: what they ask for, in which words, and how typed texts become the data of an event and back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ledger import limits
from ledger.event import kinds, latest
from ledger.submission import check
from readers.accounts.login import Grant, Login
from readers.accounts.told_by import TOLD_BY
from readers.forms import filled, subjects, suggested, words
from readers.forms.drawn import Drawing, Drawn
from readers.forms.fields import Field, fields_of
from readers.forms.links import form_url
from readers.forms.submitted import BODY_BYTES, Submitted, submitted
from readers.forms.values import SHANGHAI, Values, compact, gather, spread

NOW = datetime(2026, 11, 30, 12, 0, 7, tzinfo=SHANGHAI)
TYPES = sorted(TOLD_BY)
SAME = ("1+1", "N+1", "open311")
"""Codes that are words in any language."""
_is_chinese = re.compile(r"[\u4e00-\u9fff]").search


def paths(fields: Sequence[Field], before: str = "") -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield before + field.name, field
        inner = f"{before}{field.name}." if not field.item else f"{before}{field.name}.0."
        yield from paths(field.fields or (field.item.fields if field.item else ()), inner)


def pairs(type_: str, typed: Values) -> filled.Filled:
    return filled.drawn(type_, NOW, typed).tidied()


# ---- words


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_every_input_and_every_choice_has_words_in_both_languages(type_: str) -> None:
    told = [words.title(type_), words.summary(type_), words.subject_hint(type_)]
    for path, field in paths(fields_of(type_)):
        told.append(words.label(type_, path))
        told += [hint for hint in (words.hint(type_, path), words.limit(field)) if hint]
        if field.name != "field":
            told += [words.choice(one, field.name) for one in (field.item or field).allowed if one not in SAME]
    for one in told:
        assert _is_chinese(one.zh), one
        assert one.en and not _is_chinese(one.en), one


def test_what_a_timeline_tells_of_any_event_has_words_too() -> None:
    for kind in kinds.values():
        for name in kind.wire_names.values():
            assert _is_chinese(words.label(kind.type, name).zh)


def test_no_words_are_of_a_type_or_field_that_is_not_there() -> None:
    own = {(kind.type, name) for kind in kinds.values() for name in kind.wire_names.values()}
    own |= {(type_, re.sub(r"\.0", "", path)) for type_ in TYPES for path, _ in paths(fields_of(type_))}
    names = {path.rpartition(".")[2] for _, path in own}
    own |= {("*.corrected", "to")}
    labels = words._labels()
    assert labels["field"].keys() <= names
    assert {(type_, name) for type_ in labels.keys() - {"field", "hint", "title"} for name in labels[type_]} <= own
    hinted = {name for name in labels["hint"] if "/" not in name and name != "subject"}
    assert hinted <= names
    special = {tuple(name.split("/")) for name in labels["hint"] if "/" in name and not name.startswith("subject/")}
    assert special <= own
    assert words._sentences().keys() == {type_ for type_ in TYPES if not type_.endswith((".corrected", ".voided"))}


# ---- data -> form -> data


@pytest.mark.parametrize("type_", TYPES)
def test_every_sample_comes_back_from_its_form_as_it_was(type_: str) -> None:
    sample, fields = latest[type_].sample, fields_of(type_)
    typed = spread(fields, sample)
    assert gather(fields, compact(fields, typed)) == (sample, [])


def test_a_form_is_the_event_that_a_way_in_accepts() -> None:
    for type_ in TYPES:
        subject = f"{latest[type_].subjects[0]}/7"
        form = pairs(type_, spread(fields_of(type_), latest[type_].sample) | {"subject": [subject]})
        data, wrong = filled.read(form)
        assert not wrong
        event = form.event(data, None, "urn:shanzhi:pages", latest[type_].dataschema)
        assert check(event, NOW).attributes["subject"] == subject


@given(st.sampled_from(TYPES), st.data())
def test_nothing_that_is_typed_breaks_a_form(type_: str, data: Any) -> None:
    names = [path for path, _ in paths(fields_of(type_))] + [
        "subject",
        "_when",
        "_id",
        "_time",
        "units.x.unit",
        "units.9",
    ]
    typed = data.draw(st.dictionaries(st.sampled_from(names), st.lists(st.text(max_size=30), min_size=1, max_size=3)))
    form = filled.sent(type_, NOW, typed).tidied()
    given_data, _ = filled.read(form)
    assert compact(form.fields, form.values) == form.values
    drawn = list(all_drawn(Drawing(type_, "zh", form.values).all(form.fields)))
    assert len({one.id for one in drawn}) == len(drawn)
    assert given_data.keys() <= {field.name for field in form.fields}


def all_drawn(inputs: Sequence[Drawn]) -> Iterator[Drawn]:
    for one in inputs:
        yield one
        yield from all_drawn([*one.inner, *(inner for row in one.rows for inner in row)])


def wrong_with(type_: str, **typed: str) -> dict[str, str]:
    """What is wrong with a sample of which some inputs are typed otherwise, by input."""
    values = spread(fields_of(type_), latest[type_].sample) | {"subject": [f"{latest[type_].subjects[0]}/7"]}
    form = pairs(type_, values | {name: [text] for name, text in typed.items()})
    return {one.path: one.message.en for one in filled.read(form)[1]}


@pytest.mark.parametrize(
    ("type_", "typed", "path", "says"),
    [
        ("case.discovered", {"text": ""}, "text", "fill this in"),
        ("case.discovered", {"text": "长" * 4001}, "text", "At most 4000 characters, it has 4001"),
        ("case.discovered", {"demand": "gossip"}, "demand", "Choose one"),
        ("case.discovered", {"place": "云泰园"}, "place", "Not found"),
        ("case.discovered", {"place": "unit/a"}, "place", "place"),
        ("case.discovered", {"location.latitude": "91"}, "location.latitude", "-90 to 90"),
        ("case.discovered", {"location.latitude": ""}, "location.latitude", "fill this in"),
        ("case.extended", {"handle_due": "next week"}, "handle_due", "a date and a time"),
        ("case.extended", {"_when": "yesterday"}, "_when", "a date and a time"),
        ("case.whistled", {"units.1.part": ""}, "units.1.part", "fill this in"),
        ("activity.held", {"attendance": "4.5"}, "attendance", "whole number"),
        ("activity.held", {"attendance": "-1"}, "attendance", "from 0"),
        ("person.registered", {"phone": "zero"}, "phone", "telephone"),
        ("case.closed", {"subject": "case/7 and more"}, "subject", "give its id"),
    ],
)
def test_what_is_wrong_stands_beside_its_input(type_: str, typed: dict[str, str], path: str, says: str) -> None:
    found = wrong_with(type_, **typed)
    assert found.keys() == {path}
    assert says in found[path]


def test_a_list_that_needs_an_item_says_so() -> None:
    form = pairs("case.whistled", {"whistle": ["w1"], "by": ["place/a"], "kind": ["ordinary"], "subject": ["case/7"]})
    assert [one.path for one in filled.read(form)[1]] == ["units"]


def test_a_correction_of_a_known_event_asks_as_the_event_does() -> None:
    first_step = filled.drawn("case.corrected", NOW, {"_of": ["case.discovered"]})
    assert "urgency" in first_step.correctable and not {"text", "location", "photos"} & {*first_step.correctable}
    form = filled.drawn("case.corrected", NOW, {"_of": ["case.discovered"], "field": ["urgency"], "to": ["urgent"]})
    assert not form.correctable
    assert [one.input for one in form.fields if one.name == "to"] == ["choice"]
    assert filled.read(form)[0]["to"] == "urgent"
    number = filled.drawn("activity.corrected", NOW, {"_of": ["activity.held"], "field": ["attendance"], "to": ["46"]})
    assert filled.read(number)[0]["to"] == 46


def test_residents_are_asked_for_less_and_may_stay_anonymous() -> None:
    resident = Login("zhao", "赵", "person/zhao", (Grant("resident"),), "csrf")
    form = suggested.into(filled.drawn("case.discovered", NOW, {}), resident)
    assert {"channel", "class", "first_responsible"} <= form.hidden and "reporter" not in form.hidden
    assert form.values["reporter"] == ["person/zhao"] and form.values["channel"] == ["app_reflect"]
    assert form.event({"reporter": "person/zhao"}, resident, "s", "d")["authid"] == "person/zhao"
    assert form.event({}, resident, "s", "d")["authid"] == subjects.anonymous(form.id)
    assert "reporter" in suggested.into(filled.drawn("case.discovered", NOW, {}), None).hidden


def test_what_a_role_can_say_in_one_way_alone_is_said_for_it() -> None:
    form = suggested.into(filled.drawn("case.rated", NOW, {"subject": ["case/7"]}), None)
    assert form.values["by"] == ["resident"] and "by" in form.hidden
    liaison = Login("sun", "孙", "person/sun", (Grant("liaison", unit="unit/a"),), "csrf")
    assert suggested.into(filled.drawn("wish.claimed", NOW, {}), liaison).values["by"] == ["unit/a"]


def test_rows_are_added_and_taken_away_without_losing_a_word() -> None:
    form = filled.drawn("case.whistled", NOW, spread(fields_of("case.whistled"), latest["case.whistled"].sample))
    more = form.changed("units", "")
    assert more.tidied().values == form.values
    assert len(Drawing(form.type, "zh", more.values).all(form.fields)[3].rows) == 3
    fewer = form.changed("", "units.0")
    assert fewer.values["units.0.unit"] == ["unit/traffic-police"] and "units.1.unit" not in fewer.values
    people = filled.drawn("wish.granted", NOW, {"persons": ["person/a", "person/b"]})
    assert people.changed("persons", "").values["persons"] == ["person/a", "person/b", ""]
    assert people.changed("", "persons.0").values["persons"] == ["person/b"]
    assert people.changed("", "persons.9") == people.changed("", "nothing") == people


# ---- which event, about what


def test_a_form_that_is_sent_twice_is_one_event_and_two_forms_are_two() -> None:
    form = filled.drawn("case.discovered", NOW, {})
    typed: Values = {"_id": [form.id], "_time": [form.drawn_at.isoformat()], "text": ["路灯不亮"]}
    once, again = (filled.sent("case.discovered", NOW, typed) for _ in range(2))
    assert once == again and once.event({}, None, "s", "d") == again.event({}, None, "s", "d")
    other = filled.drawn("case.discovered", NOW, {})
    assert other.id != form.id and other.subject_of({}) != form.subject_of({})


def test_the_number_of_a_case_is_new_and_cant_be_guessed() -> None:
    made = {subjects.new_subject("case.discovered", subjects.new_form_id(), NOW) for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"case/20261130-[a-z2-7]{16}", one) for one in made)


def test_who_is_not_logged_in_is_somebody_else_each_time() -> None:
    assert subjects.anonymous("a") == subjects.anonymous("a") != subjects.anonymous("b")
    assert not subjects.anonymous("a").startswith("person/")


def test_what_no_form_of_ours_had_gets_a_new_id() -> None:
    for typed in ({"_id": ["x"]}, {"_id": ["a" * 22], "_time": ["2027-01-01T00:00:00+08:00"]}, {"_time": ["now"]}):
        assert filled.sent("case.discovered", NOW, typed).drawn_at == NOW
        assert filled.sent("case.discovered", NOW, typed).id not in ("x", "a" * 22)


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "grid"]
)
def test_a_receipt_leads_nowhere_else(address: str) -> None:
    assert filled.drawn("case.closed", NOW, {"next": [address]}).next == ""
    assert filled.drawn("case.closed", NOW, {"next": ["/grid?day=1"]}).next == "/grid?day=1"


def test_every_family_can_be_begun_by_a_form_or_says_how_its_subject_is_named() -> None:
    begun = {latest[type_].subjects[0] for type_ in subjects.OPENING | subjects.NAMED}
    elsewhere = {"assessment", "notice", "period", "publisher", "rule"}
    assert begun | elsewhere == {kind for event in latest.values() for kind in event.subjects}
    assert TOLD_BY.keys() >= subjects.OPENING and not subjects.OPENING & subjects.NAMED


def test_the_address_of_a_form_has_what_it_fills_in() -> None:
    assert form_url("case.closed") == "/forms/case.closed"
    assert form_url("visit.paid", next="/grid", place="place/a", persons=["person/a", "person/b"]) == (
        "/forms/visit.paid?next=%2Fgrid&place=place%2Fa&persons=person%2Fa&persons=person%2Fb"
    )


# ---- reading a body


def read(body: bytes, content_type: str, chunk_bytes: int = 65_536, length: int | None = None) -> Submitted:
    """Reads a body as it would come in chunks."""
    chunks = [body[at : at + chunk_bytes] for at in range(0, len(body), chunk_bytes)] or [b""]
    sent = iter(chunks)

    async def receive() -> dict[str, Any]:
        chunk = next(sent, b"")
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    headers = [(b"content-type", content_type.encode()), (b"content-length", str(length or len(body)).encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(submitted(request))


def multipart(*parts: tuple[str, bytes, str | None]) -> tuple[bytes, str]:
    """A body of texts and files, and its content type."""
    lines = []
    for name, content, file in parts:
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"' + (
            "" if file is None else f'; filename="{file}"'
        )
        lines.append(head.encode() + b"\r\n\r\n" + content + b"\r\n")
    return b"".join([*lines, b"--cut--\r\n"]), "multipart/form-data; boundary=cut"


@pytest.mark.parametrize("chunk_bytes", [1, 7, 65_536])
def test_texts_and_files_are_read_whatever_the_chunks(chunk_bytes: int) -> None:
    parts = (
        ("text", "路灯\r\n不亮".encode(), None),
        ("photos", b"\xff\xd8 a", "a.jpg"),
        ("persons", b"person/a", None),
        ("photos", b"\xff\xd8 b", "b.jpg"),
        ("persons", b"person/b", None),
        ("photos", b"", ""),
    )
    found = read(*multipart(*parts), chunk_bytes)
    assert found.values == {"text": ["路灯\r\n不亮"], "persons": ["person/a", "person/b"]}
    assert [bytes(one.content) for one in found.files] == [b"\xff\xd8 a", b"\xff\xd8 b"]
    assert read(b"text=%E8%B7%AF&persons=a&persons=b", "application/x-www-form-urlencoded", chunk_bytes).values == {
        "text": ["路"], "persons": ["a", "b"],
    }  # fmt: skip


def test_of_a_photo_that_is_too_large_nothing_is_kept_but_the_texts_are() -> None:
    photo = b"x" * (4 * limits.PHOTO_BYTES)
    found = read(*multipart(("text", b"a", None), ("photos", photo, "a.jpg"), ("category", b"b", None)))
    assert found.values == {"text": ["a"], "category": ["b"]}
    assert [(bytes(one.content), one.is_too_large) for one in found.files] == [(b"", True)]


def test_of_more_photos_than_five_the_first_are_kept() -> None:
    found = read(*multipart(*[("photos", b"x", f"{number}.jpg") for number in range(7)]))
    assert len(found.files) == 5 and found.has_more_files


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (multipart(("text", b"x" * 33_000, None)), 413),
        (multipart(*[(f"a{number}", b"", None) for number in range(2_001)]), 413),
        (multipart(*[(f"a{number}", b"x" * 30_000, None) for number in range(9)]), 413),
        ((b"text=" + b"x" * 300_000, "application/x-www-form-urlencoded"), 413),
        ((b"&".join([b"a=1"] * 2_001), "application/x-www-form-urlencoded"), 400),
        ((b"--cut\r\nnonsense", "multipart/form-data; boundary=cut"), 400),
        ((b"text=%FF", "application/x-www-form-urlencoded"), 400),
    ],
)
def test_what_is_no_form_is_refused(body: tuple[bytes, str], status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        read(*body)
    assert refused.value.status_code == status


def test_a_body_that_says_how_large_it_is_is_not_read_at_all() -> None:
    with pytest.raises(HTTPException) as refused:
        read(b"", "multipart/form-data; boundary=cut", length=BODY_BYTES + 1)
    assert refused.value.status_code == 413
