"""Sealed text: the same at the same place for ever, noise everywhere else and under every other key."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.sealing import KEY_BYTES, PREFIX, is_sealed, seal, unseal

KEY, OTHER_KEY = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)
PLACE = ("urn:example:hotline", "20240511-0007", "/data/text")
texts = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(st.binary(), texts, texts, texts)
def test_what_was_sealed_opens_at_its_place(plain: bytes, source: str, id_: str, pointer: str) -> None:
    text = seal(KEY, plain, source, id_, pointer)
    assert is_sealed(text)
    assert unseal(KEY, text, source, id_, pointer) == plain


def test_the_same_place_seals_to_the_same_text_at_every_time() -> None:
    # Ledgers hold this text: it may never come out otherwise.
    expected = "sealed:1:iD0i0fRWvs9LbB5vgZcOqiwLrcS2_g=="
    assert seal(KEY, "停车".encode(), *PLACE) == expected
    assert seal(AESSIV(KEY), "停车".encode(), *PLACE) == expected


@pytest.mark.parametrize("part", range(3))
def test_another_place_is_another_text_and_does_not_open(part: int) -> None:
    other = tuple(f"{text}x" if number == part else text for number, text in enumerate(PLACE))
    text = seal(KEY, b"plain", *PLACE)
    assert seal(KEY, b"plain", *other) != text
    assert unseal(KEY, text, *other) is None


def test_the_parts_of_a_place_do_not_run_into_each_other() -> None:
    text = seal(KEY, b"plain", "ab", "c", "/d")
    assert unseal(KEY, text, "a", "bc", "/d") is None
    assert unseal(KEY, text, "ab", "c/", "d") is None


def test_another_key_does_not_open() -> None:
    assert unseal(OTHER_KEY, seal(KEY, b"plain", *PLACE), *PLACE) is None


@settings(deadline=None)
@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_does_not_open(at: int, flip: int) -> None:
    sealed = bytearray(urlsafe_b64decode(seal(KEY, b"some plain text", *PLACE).removeprefix(PREFIX)))
    sealed[at % len(sealed)] ^= flip
    assert unseal(KEY, PREFIX + urlsafe_b64encode(sealed).decode(), *PLACE) is None


@settings(deadline=None)
@given(texts)
def test_unseal_answers_none_to_what_was_never_sealed(text: str) -> None:
    assert unseal(KEY, text, *PLACE) is None
    assert unseal(KEY, PREFIX + text, *PLACE) is None


def test_the_text_shows_no_part_of_what_it_seals() -> None:
    assert "plain" not in seal(KEY, b"plain" * 20, *PLACE)
    assert re.search(r"cGxhaW", seal(KEY, b"plain" * 20, *PLACE)) is None  # nor its base64


FORMS = {
    "sealed:1:" + "A" * 22: True,
    "sealed:1:" + "A" * 22 + "==": True,
    "sealed:1:" + "A" * 21: False,  # shorter than the tag alone
    "sealed:1:" + "A" * 22 + "===": False,
    "sealed:1:" + "A" * 22 + "\n": False,
    "sealed:1:" + "A" * 21 + "+": False,
    "sealed:1:" + "A" * 22 + " 13800005678": False,
    "sealed:2:" + "A" * 22: False,
    "Sealed:1:" + "A" * 22: False,
    " sealed:1:" + "A" * 22: False,
    "小区外围停车场车辆乱停": False,
    "": False,
}


@pytest.mark.parametrize("text", FORMS)
def test_the_form_of_sealed_text(text: str) -> None:
    assert is_sealed(text) == FORMS[text]
