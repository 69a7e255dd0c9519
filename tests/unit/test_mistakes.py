"""Whatever a publisher gets wrong: a code, where it is, what stood there, the rule and the remedy in two languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import limits
from ledger.data_refusal import data_refused
from ledger.describe import sample_event
from ledger.errors import EventRefused, PersonForgotten
from ledger.event import kinds, latest
from ledger.refusal import refusal
from ledger.refusal_rules import ADMISSION, GATEWAY, PHOTOS, RULES, Rule, value_in_chinese
from ledger.submission import check, stored
from producers.lines import RefusedLine
from shanzhi.cli.publish import Refusals
from tests.fixed_keys import FixedKeys
from tests.mistakes import IDENTITY_NUMBER, MISTAKES, PHONE, SECRET, Mistake, event, personal_of
from tests.strategies import PROFILE

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
HAN = re.compile(r"[\u4e00-\u9fff]")
OF_A_WAY_IN = {"line_too_long", "not_representable", "person_forgotten", "sealed_too_large", "field_wrong"}


def refused(text: bytes) -> EventRefused:
    with pytest.raises(EventRefused) as caught:
        check(text, NOW)
    return caught.value


def said(error: EventRefused) -> str:
    """Every text that anybody is told."""
    return "\n".join([str(error), error.what_chinese, *error.as_problem().values()])


def is_told_in_both_languages(error: EventRefused) -> bool:
    """Rule and remedy, with nothing left out of the templates, and short."""
    chinese, english = (error.rule_chinese, error.remedy_chinese), (error.rule, error.remedy)
    return (
        error.code in RULES
        and all(HAN.search(text) for text in chinese)
        and all(re.search("[A-Za-z]{2}", text) for text in english)
        and not any("{near" in text or "{type" in text for text in (*chinese, *english))
        and len(said(error)) < 4_000
    )


# Laws ---------------------------------------------------------------------------------------------------------

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, 0, -1, 46.5, 2**63, 1e308, "", "x", "x" * 5_000, "\0", "2024-05-11", "2024-05-11T09:30:00"),
        *("person/x", "unit/x\n", "{x}", "%s", "a - at `$.b`", PHONE, f"person/{PHONE}", IDENTITY_NUMBER),
        *([], {}, [None], {"x": 1}, {"x` - at `$.y": 1}, ["x"] * 201, {PHONE: 1}, [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]),
    ]
)
NAMES = st.sampled_from(["data", "text", "by", "x", "x` - at `$.y", "{x}", "", PHONE, SECRET, "a/b~c"])


def places(value: Any, *steps: Any) -> Iterator[tuple[Any, ...]]:
    """The steps that lead to every value of a JSON value."""
    yield steps
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield from places(one, *steps, name)


def change(submitted: Any, draw: st.DataObject) -> Any:
    """One value replaced, left out, or put beside the others."""
    *steps, last = draw.draw(st.sampled_from([place for place in places(submitted) if place]), "where")
    around = submitted
    for step in steps:
        around = around[step]
    match draw.draw(st.sampled_from(["replaced", "left out", "added"]), "how"):
        case "replaced":
            around[last] = deepcopy(draw.draw(JUNK, "junk"))
        case "left out":
            del around[last]
        case _ if isinstance(around, dict):
            around[draw.draw(NAMES, "name")] = deepcopy(draw.draw(JUNK, "junk"))
    return submitted


@settings(PROFILE, max_examples=600)
@given(st.sampled_from(list(kinds.values())), st.integers(1, 3), st.data())
def test_a_changed_sample_passes_or_is_refused_in_both_languages(kind: Any, changes: int, draw: st.DataObject) -> None:
    submitted = orjson.loads(orjson.dumps(sample_event(kind)))
    for _ in range(changes):
        if submitted:
            submitted = change(submitted, draw)
    personal = {kind.wire_names[field.name] for field in kind.personal}
    told = [value for name, value in kind.sample.items() if name in personal and isinstance(value, str)]
    try:
        check(orjson.dumps(submitted), NOW)
    except EventRefused as error:
        assert is_told_in_both_languages(error), error
        for secret in (*told, PHONE, IDENTITY_NUMBER, SECRET):
            assert secret not in said(error)


@settings(PROFILE, max_examples=300)
@given(st.sampled_from(list(kinds.values())), st.integers(0, 800), st.integers(0, 40), st.binary(max_size=8))
def test_a_torn_sample_passes_or_is_refused_in_both_languages(kind: Any, at: int, cut: int, junk: bytes) -> None:
    text = orjson.dumps(sample_event(kind))
    try:
        check(text[:at] + junk + text[at + cut :], NOW)
    except EventRefused as error:
        assert is_told_in_both_languages(error), error
        assert PHONE not in said(error)


# Examples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_named(mistake: Mistake) -> None:
    error = refused(mistake.event)

    assert (error.code, error.pointer, error.value) == (mistake.code, mistake.pointer, mistake.value)
    assert mistake.says in str(error)
    assert error.value in error.what
    assert is_told_in_both_languages(error)
    for secret in personal_of(mistake.event):
        assert secret not in said(error)


def test_the_table_is_long_and_names_each_mistake_once() -> None:
    assert len(MISTAKES) >= 100
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
    assert len({mistake.event for mistake in MISTAKES}) == len(MISTAKES)


def test_every_code_is_reached_by_a_mistake_or_belongs_to_a_way_in() -> None:
    reached = {mistake.code for mistake in MISTAKES}
    others = {*ADMISSION, *GATEWAY, *PHOTOS, *OF_A_WAY_IN}
    assert reached | others == set(RULES)
    assert not reached & others


@pytest.mark.parametrize("code", RULES)
def test_both_languages_are_told_the_same_values(code: str) -> None:
    rule = RULES[code]
    english, chinese = rule.rule + rule.remedy, rule.rule_chinese + rule.remedy_chinese
    assert re.fullmatch(r"[a-z_]{5,40}", code)
    assert not HAN.search(english)
    assert HAN.search(rule.rule_chinese)
    assert HAN.search(rule.remedy_chinese)
    assert {name.removesuffix("_chinese") for name in named(chinese)} >= named(english) - {"error"}


def named(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Every place in the code that refuses by a code of its own: where, the code, the values that it gives."""
    for room in ("ledger", "producers", "processors", "projections", "audit", "shanzhi"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(ast.Name("refuse" | "refusal"), [ast.Constant(str(code)), *_], keywords):
                        given = {keyword.arg or "…" for keyword in keywords}
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", code, given


def test_who_refuses_gives_the_values_that_the_texts_name() -> None:
    found = list(calls())
    assert len(found) > 30
    for where, code, values in found:
        assert code in RULES, where
        needed = set().union(*map(named, RULES[code]))
        assert "…" in values or needed == values, f"{where}: {code} needs {needed}"


def test_what_no_json_reaches_has_its_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = latest["case.discovered"]
    with pytest.raises(EventRefused) as unheard:
        data_refused(kind, {}, msgspec.ValidationError(f"Quoted '{SECRET}' at length - at `$.text`"))
    assert (unheard.value.code, unheard.value.pointer) == ("field_wrong", "/data/text")
    assert SECRET not in said(unheard.value)

    forgotten = PersonForgotten(["person/gone"], "/data/reporter")
    assert (forgotten.code, forgotten.value) == ("person_forgotten", "person/gone")

    submission = check(event(), NOW)
    monkeypatch.setattr(limits, "LEDGER_BYTES", 500)
    with pytest.raises(EventRefused) as large:
        stored([submission], FixedKeys())
    assert large.value.code == "sealed_too_large"
    assert all(map(is_told_in_both_languages, (unheard.value, forgotten, large.value)))


def test_a_problem_holds_what_the_english_and_the_chinese_text_hold() -> None:
    problem = refused(orjson.dumps(event(type="case.wistled"))).as_problem()
    assert problem == {
        "code": "type_unknown",
        "pointer": "/type",
        "value": "case.wistled",
        "rule": "not in the catalogue",
        "rule_zh": "事件目录中没有这个类型",
        "remedy": "Did you mean case.whistled? See: shanzhi describe",
        "remedy_zh": "您要写的是 case.whistled 吗？请查看：shanzhi describe",
    }


@pytest.mark.parametrize(
    ("value", "chinese"),
    [
        ("absent", "没有填写"),
        ("70000 bytes", "70000 字节"),
        ("over 1000 bytes", "超过 1000 字节"),
        ("a list of 21", "21 项的列表"),
        ("case.wistled", "case.wistled"),
    ],
)
def test_words_that_stand_for_a_value_are_told_in_chinese(value: str, chinese: str) -> None:
    assert value_in_chinese(value) == chinese
    assert f"（值：{chinese}）" in refusal("nul_character", "", value).what_chinese


def test_a_text_may_hold_what_templates_are_made_of() -> None:
    values: Mapping[str, object] = {"name": "{limit}", "has": "{0}"}
    error = refusal("attribute_missing", "/{x}", "{value}", **values)
    assert error.remedy == "Add “{limit}”; has: {0}."
    assert isinstance(RULES["attribute_missing"], Rule)


def test_publish_says_a_refusal_in_chinese_and_then_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    refusals = Refusals()
    error = refused(orjson.dumps(event(time="2024-05-11T09:30:00")))

    refusals.add(RefusedLine(2, error))

    assert refusals.kept == [{"line": 2, **error.as_problem()}]
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == [
        "第 2 行 · line 2:",
        "/time：时间没有时区（值：2024-05-11T09:30:00）",
        "→ 请加上时区：2024-05-11T09:30:00+08:00。",
        "/time: a time without a zone (value: 2024-05-11T09:30:00)",
        "→ Add the zone: 2024-05-11T09:30:00+08:00.",
    ]


def test_a_refusal_with_brackets_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Refusals().add(RefusedLine(1, refused(orjson.dumps(event(type="[bold]x[/]")))))
    assert "[bold]x[/]" in capsys.readouterr().err
