"""Masks: nobody can tell from one how long the value was, or more of it than is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.masking import SEALED, masked, masked_name, masked_phone

names = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=30)
digits = st.text("0123456789", min_size=0, max_size=20)


@given(names, names)
def test_a_name_shows_its_first_character_and_not_its_length(name: str, more: str) -> None:
    assert masked_name(name) == f"{name[0]}*" == masked_name(name[0] + more)


@given(st.text("0123456789+ -", max_size=24))
def test_a_phone_shows_at_most_seven_digits_and_never_all_of_it(phone: str) -> None:
    shown = [one for one in masked_phone(phone) if one.isdigit()]
    given_digits = [one for one in phone if one.isdigit()]
    assert len(shown) <= 7
    assert not given_digits or len(shown) < len(given_digits)


@given(digits, st.sampled_from(["hidden", "name", "phone"]))
def test_what_is_no_text_is_hidden_whole(value: str, mask: str) -> None:
    assert masked(mask, {"longitude": 112.7, "of": value}) == SEALED  # type: ignore[arg-type]


@given(names)
def test_hidden_is_the_same_for_everything(text: str) -> None:
    assert masked("hidden", text) == SEALED


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("138 1234-5678", "138****5678"),
        ("+86 138 1234 5678", "138****5678"),
        ("008613812345678", "138****5678"),
        ("0350-7654321", "035****4321"),
        ("7654321", "****21"),
        ("12345", "****45"),
        ("1234", SEALED),
        ("----- -", SEALED),
    ],
)
def test_phones(phone: str, shown: str) -> None:
    assert masked("phone", phone) == shown


@pytest.mark.parametrize(("name", "shown"), [("张三", "张*"), (" 张某某", "张*"), ("欧阳修", "欧*"), ("   ", SEALED)])
def test_names(name: str, shown: str) -> None:
    assert masked("name", name) == shown
