"""The parts of the gateway that need no server: modes, rates, durations, positions, bodies."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Mapping

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ledger.describe import sample_event
from ledger.envelope import BATCH, BINARY, STRUCTURED
from ledger.errors import EventRefused
from ledger.event import latest
from producers.gateway import body, modes
from producers.gateway.rate import BURST_EVENTS, Rates
from producers.gateway.waiting import WAIT_AT_MOST_SECONDS, Positions, seconds_of

EVENT = sample_event(latest["case.rated"])


def headers_of(event: Mapping[str, object]) -> dict[str, str]:
    attributes = {name: str(value) for name, value in event.items() if name != "data"}
    return {f"ce-{name}": value for name, value in attributes.items()} | {"content-type": BINARY}


def test_all_modes_give_the_same_event() -> None:
    text = orjson.dumps(EVENT)
    binary = modes.events_of(headers_of(EVENT), orjson.dumps(EVENT["data"]))
    structured = modes.events_of({"content-type": "application/cloudevents+json; charset=UTF-8"}, text)
    batch = modes.events_of({"content-type": BATCH}, b"[" + text + b"," + text + b"]")
    assert orjson.loads(binary.events[0]) == EVENT | {"datacontenttype": "application/json"}
    assert (structured.events, structured.is_batch) == ([text], False)
    assert (batch.events, batch.is_batch) == ([text, text], True)


def test_an_empty_batch_holds_nothing() -> None:
    assert modes.events_of({"content-type": BATCH}, b"[]") == ([], True)


@pytest.mark.parametrize(
    ("text", "means"),
    [("caf%C3%A9", "café"), ('"a \\"quoted\\" one"', 'a "quoted" one'), ("50%25", "50%"), ("%E6%B5%91", "浑")],
)
def test_values_of_headers_are_percent_encoded(text: str, means: str) -> None:
    (event,) = modes.events_of(headers_of(EVENT) | {"ce-authid": text}, b"{}").events
    assert orjson.loads(event)["authid"] == means


@pytest.mark.parametrize(
    ("headers", "text", "code"),
    [
        ({"content-type": "text/plain"}, b"{}", "unsupported_content_type"),
        ({}, b"{}", "unsupported_content_type"),
        ({"content-type": "application/json"}, b"{}", "unsupported_content_type"),
        ({"content-type": "application/cloudevents+json; charset=gb18030"}, b"{}", "unsupported_content_type"),
        ({"content-type": "application/cloudevents+xml"}, b"<a/>", "unsupported_content_type"),
        ({"content-type": BATCH}, b"{}", "not_a_batch"),
        ({"content-type": BATCH}, b"[{}", "not_json"),
        ({"content-type": BATCH}, b"[" * 100_000, "not_json"),
        ({"content-type": BATCH}, b"[" + b",".join([b"{}"] * 501) + b"]", "batch_too_long"),
        ({"content-type": BINARY, "ce-specversion": "1.0"}, b"{", "not_json"),
    ],
)
def test_what_is_no_cloudevent_is_refused(headers: dict[str, str], text: bytes, code: str) -> None:
    with pytest.raises(EventRefused) as refused:
        modes.events_of(headers, text)
    assert refused.value.code == code
    assert refused.value.remedy and refused.value.remedy_chinese


@given(st.binary(max_size=300))
def test_no_body_makes_modes_fail_otherwise(text: bytes) -> None:
    for content_type in (STRUCTURED, BATCH, BINARY):
        try:
            modes.events_of({"content-type": content_type, "ce-specversion": "1.0"}, text)
        except EventRefused as refused:
            assert refused.code in ("not_json", "not_a_batch")


def test_a_bucket_gives_its_rate_and_no_more() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    taken = 0
    for tick in range(1, 1001):  # 10 s in steps of 10 ms
        now = tick / 100
        while rates.take("sluice", 1000, 7) == 0:
            taken += 7
    assert 10 * 1000 <= taken <= 10 * 1000 + 2 * 1000 + 7
    assert rates.take("another", 1000, 500) == 0, "each has its own"


def test_a_full_batch_fits_the_slowest_rate_and_then_has_to_wait() -> None:
    rates = Rates(lambda: 0.0)
    assert rates.take("slow", 1, BURST_EVENTS) == 0
    assert rates.take("slow", 1, 10) == 10.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2s", 2.0), ("500ms", 0.5), ("1.5s", 1.5), ("0s", 0.0), ("99999s", WAIT_AT_MOST_SECONDS)]
    + [(wrong, None) for wrong in ("2", "s", "-1s", "1e3s", "2m", "", "1 s", "٢s" + "x", "9" * 40 + "s")],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


class Moving:
    """Receipts whose positions move by one at each look."""

    def __init__(self) -> None:
        self.looks = 0

    def positions(self) -> Mapping[int, int]:
        self.looks += 1
        return {0: self.looks}


def test_many_who_wait_share_their_looks() -> None:
    moving = Moving()

    async def waits() -> list[dict[tuple[int, int], bool]]:
        positions = Positions(moving)  # type: ignore[arg-type]  # only what it asks
        return await asyncio.gather(*(positions.reach([(0, 3)], 5) for _ in range(50)))

    answers = asyncio.run(waits())
    assert answers == [{(0, 3): True}] * 50
    assert moving.looks < 20


def test_who_waits_too_long_is_told_so() -> None:
    async def wait() -> dict[tuple[int, int], bool]:
        return await Positions(Moving()).reach([(0, 10**9), (0, 0), (7, 0)], 0.1)  # type: ignore[arg-type]

    assert asyncio.run(wait()) == {(0, 10**9): False, (0, 0): True, (7, 0): False}


def read(*chunks: bytes, encoding: str = "identity", length: int | None = None, limit: int = 1000) -> bytes:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    headers = [(b"content-encoding", encoding.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(body.read(request, limit))


def test_a_body_comes_whole_packed_or_not() -> None:
    assert read(b"ab", b"c") == b"abc"
    packed = gzip.compress(b"abc" * 100)
    assert read(packed[:10], packed[10:], encoding="gzip") == b"abc" * 100


@pytest.mark.parametrize("case", ["declared", "chunks", "bomb"])
def test_a_body_over_the_limit_is_refused(case: str) -> None:
    with pytest.raises(EventRefused) as refused:
        match case:
            case "declared":
                read(length=1001)
            case "chunks":
                read(b"x" * 600, b"x" * 600)
            case "bomb":
                read(gzip.compress(bytes(100_000_000), 9)[:990_000], encoding="gzip", limit=99_999)
    assert refused.value.code == "body_too_large"


@pytest.mark.parametrize("text", [b"no gzip", gzip.compress(b"abc")[:-9], gzip.compress(b"abc") + b"more", b""])
def test_what_is_no_gzip_is_refused(text: bytes) -> None:
    with pytest.raises(EventRefused) as refused:
        read(text, encoding="gzip")
    assert refused.value.code == "not_gzip"


def test_other_encodings_are_not_taken() -> None:
    with pytest.raises(body.WrongEncoding):
        read(zlib.compress(b"abc"), encoding="deflate")
