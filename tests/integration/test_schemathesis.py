"""What /openapi.json says is so: requests made from it, sound and unsound, get answers that are documented in it.

`SHANZHI_SOAK=1` makes 20,000 requests of it: python -m pytest tests/integration/test_schemathesis.py -s --timeout 3600
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from producers.gateway.waiting import seconds_of
from tests.door import Door
from tests.soak import IS_SOAK

SOURCE = "urn:example:schemathesis"
CALLS = 20_000 if IS_SOAK else 500
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SOUND, UNSOUND = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
# of every hundred requests: operation, what they are made as, with a key or without, and how many
SHARES = [
    ("POST", "/events", SOUND, True, 25),
    ("POST", "/events", UNSOUND, True, 25),
    ("POST", "/events", SOUND, False, 4),
    ("GET", "/receipts", SOUND, True, 14),
    ("GET", "/receipts", UNSOUND, True, 12),
    ("GET", "/receipts", SOUND, False, 4),
    ("POST", "/photos", SOUND, True, 6),
    ("POST", "/photos", UNSOUND, True, 6),
    ("POST", "/photos", SOUND, False, 4),
]
"""Each share is a test of its own."""


@pytest.fixture(scope="module")
def schema(door: Door) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{door.url}/openapi.json")


@pytest.fixture(scope="module")
def key(door: Door) -> str:
    """Of a publisher that no rate holds up."""
    return door.register("schemathesis", SOURCE, rate_per_second=100_000)


@pytest.mark.parametrize(
    ("method", "path", "mode", "with_key", "share"),
    SHARES,
    ids=[f"{path[1:]}-{mode.value}-{'with' if key else 'without'}_key" for _, path, mode, key, _ in SHARES],
)
def test_every_answer_is_a_documented_one(
    schema: schemathesis.BaseSchema,
    key: str,
    method: str,
    path: str,
    mode: schemathesis.GenerationMode,
    with_key: bool,
    share: int,
) -> None:
    calls = CALLS * share // 100
    answered: Counter[int] = Counter()
    headers = {"authorization": f"Bearer {key}"} if with_key else {}

    @settings(
        max_examples=calls,
        derandomize=not IS_SOAK,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        case.headers.pop("Authorization", None)  # else some are made up
        speak_for_ourselves(case)
        answer = case.call(headers=headers)
        answered[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        assert with_key or answer.status_code in (400, 401)
        if with_key and path == "/receipts" and mode is SOUND:
            assert answer.status_code in (200, 404), "what the document allows makes sense to the gateway"

    began = time.monotonic()
    ask()
    took, counts = time.monotonic() - began, dict(sorted(answered.items()))
    print(f"{method} {path} {mode.value}, {'with' if with_key else 'no'} key: {calls} in {took:.0f} s, {counts}")
    assert answered.total() >= calls, "so many were really sent"


def speak_for_ourselves(case: schemathesis.Case[Any]) -> None:
    """A made-up source would be refused before anything else of a sound event is looked at."""
    for one in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(one, dict) and isinstance(one.get("source"), str):
            one["source"] = SOURCE
    if "source" in case.query and isinstance(case.query["source"], str):
        case.query["source"] = SOURCE
    if isinstance(case.query.get("owner"), str):
        case.query["owner"] = re.sub("^[a-z]+/", "case/", case.query["owner"])  # few kinds have photos
    if (seconds_of(str(case.query.get("wait"))) or 0.0) > 0.02:
        case.query["wait"] = "20ms"  # most of it is never sent, and would be waited for
    if "ce-source" in case.headers:
        case.headers["ce-source"] = SOURCE


def test_the_shares_are_all_of_it() -> None:
    assert sum(share for *_, share in SHARES) == 100
