"""A hostile or broken client is answered or cut off, in bounded time and memory, and others notice nothing."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import orjson
import psutil
import pytest

from producers.gateway.body import BODY_BYTES, BODY_SECONDS
from producers.gateway.receipts import QUESTIONS_IN_WORK
from producers.gateway.server import HEAD_BYTES, HEADER_SECONDS, READING_SECONDS
from tests.door import BATCH, STRUCTURED, Door, event_of
from tests.intake_agent import until
from tests.wire import Answer, Wire, request

TEN_MIB = 10 * 1024 * 1024
IDLE_CONNECTIONS = 300
GROWTH_BYTES = 64 * 1024 * 1024
SLACK_SECONDS = 5.0


def gateway_of(door: Door) -> psutil.Process:
    """The process that listens at the door."""
    port = httpx.URL(door.url).port
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found = process.net_connections("tcp")
            if any(one.laddr.port == port and one.status == psutil.CONN_LISTEN for one in found):
                return process
    raise AssertionError("no gateway listens")


def is_well(door: Door) -> bool:
    """An ordinary publisher is served as ever."""
    began = time.monotonic()
    return door.post(event_of("case.rated")).status_code == 201 and time.monotonic() - began < SLACK_SECONDS


@pytest.fixture(autouse=True)
def _bounded(door: Door) -> Iterator[None]:
    """Whatever a test does, the gateway lives on in the same memory, and serves."""
    gateway = gateway_of(door)
    before = gateway.memory_info().rss
    yield
    assert is_well(door)
    assert gateway.is_running()
    assert gateway.memory_info().rss - before < GROWTH_BYTES


# Too much ---------------------------------------------------------------------------------------------------------


def test_a_body_that_is_declared_too_large_is_refused_before_any_of_it_came(door: Door) -> None:
    with Wire(door) as wire:
        wire.send(request(door, content_length=str(TEN_MIB)))
        assert_refused(wire.answer(), 413, "body_too_large")


def test_a_body_without_end_is_refused_at_the_limit(door: Door) -> None:
    piece = b"%x\r\n%s\r\n" % (65_536, b" " * 65_536)
    with Wire(door) as wire:
        wire.send(request(door, content_length="", transfer_encoding="chunked"))
        for _ in range(BODY_BYTES // 65_536 + 1):
            wire.send(piece)
        assert_refused(wire.answer(), 413, "body_too_large")


def test_a_bomb_is_refused_before_it_goes_off(door: Door) -> None:
    packed = gzip.compress(bytes(10 * TEN_MIB))
    assert len(packed) < BODY_BYTES
    headers = {"content-type": BATCH, "content-encoding": "gzip"}
    answer = door.client.post("/events", content=packed, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[" + b",".join([b"{}"] * 501) + b"]", "batch_too_long"),
        (b"[" + b"1," * (BODY_BYTES // 2 - 2) + b"1]", "batch_too_long"),
        (b"[" * BODY_BYTES, "not_json"),
        (b'[{"a":' * (BODY_BYTES // 6), "not_json"),
        (b'["' + b"\\u0000" * 500_000 + b'"]', None),
        (b"[" + b"9" * 4_000_000 + b"]", None),
    ],
    ids=["501 events", "2 million numbers", "lists", "lists and objects", "escapes", "one number"],
)
def test_a_hostile_batch_is_refused_quickly(door: Door, text: bytes, code: str | None) -> None:
    began = time.monotonic()
    answer = door.client.post("/events", content=text, headers={"content-type": BATCH})
    assert time.monotonic() - began < SLACK_SECONDS
    if code:
        assert answer.json()["errors"][0]["code"] == code
    else:
        assert 400 <= answer.status_code < 500 or answer.status_code == 207


def test_a_thousand_names_that_nobody_knows_are_refused_again_and_again(door: Door) -> None:
    for number in range(60):
        junk = {f"k{number}x{at}": at for at in range(1_000)}
        event = event_of("case.closed")
        assert door.post(event | junk).status_code == 422
        assert door.post(event | {"data": junk}).status_code == 422
        asked = "&".join(f"{name}={at}" for name, at in junk.items())
        assert door.client.get(f"/receipts?{asked}").status_code == 400
        assert door.client.get(f"/{number}/{'x' * 1_000}").status_code == 404
    metrics = httpx.get(f"{door.url}/metrics").text
    assert len(metrics) < 60_000 and "k5x5" not in metrics and "xxx" not in metrics


# Too slow ---------------------------------------------------------------------------------------------------------


def test_the_slow_are_cut_off_and_the_idle_cost_nothing(door: Door) -> None:
    """All of them at once, since each takes the whole of its time: some 10 s."""
    with ThreadPoolExecutor(8) as threads, ExitStack() as opened:
        idle = [opened.enter_context(Wire(door)) for _ in range(IDLE_CONNECTIONS)]
        for wire in idle[::2]:
            wire.send(request(door, method="GET", path="/livez"))
            assert wire.answer().status == 200
        half_open = opened.enter_context(Wire(door))
        half_open.send(request(door, b"{}")[:60])
        half_body = opened.enter_context(Wire(door))
        half_body.send(request(door, b"{}", content_length="5000"))
        never_reads = threads.submit(read_nothing, door)
        closing = [threads.submit(slow) for slow in (lambda: drip_headers(door), half_open.seconds_until_closed)]
        late = threads.submit(drip_body, door)
        half = threads.submit(half_body.answer)
        while not half.done():
            assert is_well(door), "while all these wait"
            time.sleep(0.2)
        for answer in (half.result(), late.result()):
            assert answer.status == 408
            assert answer.headers["connection"] == "close"
            assert orjson.loads(answer.body)["type"] == "urn:shanzhi:problem:too-slow"
        for seconds in closing:
            assert seconds.result() < HEADER_SECONDS + SLACK_SECONDS
        assert never_reads.result() < READING_SECONDS + SLACK_SECONDS
        used, unused = idle[0], idle[1]
        used.send(request(door, orjson.dumps(event_of("case.rated"))))
        assert used.answer().status == 201, "who was served before may stay idle for longer"
        assert unused.seconds_until_closed() < SLACK_SECONDS


def drip_headers(door: Door) -> float:
    """A byte a while, for ever; how long until the gateway has enough of it."""
    began = time.monotonic()
    with Wire(door) as wire:
        try:
            for byte in request(door, x=" x" * 300):
                wire.send(bytes([byte]))
                wire.socket.settimeout(0.1)
                if not heard_nothing(wire):
                    break
        except ConnectionError:
            pass
    return time.monotonic() - began


def read_nothing(door: Door) -> float:
    """Asks for much and takes none of it; how long until the gateway has enough of it."""
    gateway = gateway_of(door)
    with Wire(door) as wire:
        wire.send(request(door, method="GET", path="/openapi.json") * 500)
        name = wire.socket.getsockname()
        assert is_held(gateway, name)
        return until(lambda: not is_held(gateway, name), READING_SECONDS + SLACK_SECONDS)


def is_held(gateway: psutil.Process, name: tuple[str, int]) -> bool:
    """Whether the gateway has a connection to this socket: what the kernel still would like to deliver is no matter."""
    return name in [one.raddr for one in gateway.net_connections("tcp")]


def heard_nothing(wire: Wire) -> bool:
    """False once the other side has closed."""
    try:
        return wire.socket.recv(1) != b""
    except TimeoutError:
        return True


def drip_body(door: Door) -> Answer:
    with Wire(door) as wire:
        wire.send(request(door, content_length="100000"))
        ends = time.monotonic() + BODY_SECONDS - 0.5
        while time.monotonic() < ends:
            wire.send(b" ")
            time.sleep(0.1)
        return wire.answer()


# Malformed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"HELO gateway\r\n\r\n",
        b"POST /events\r\n\r\n",
        b"POST /events HTTP/9.9\r\nhost: x\r\n\r\n",
        b"POST /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /events HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n",
        b"POST /events HTTP/1.1\r\nhost: x\r\nname: a\0b\r\n\r\n",
        b"POST /events HTTP/1.1\r\nhost: x\r\nname: a\r\n folded\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=[
        *("TLS", "another protocol", "no version", "a version to come", "bytes in the address", "two lengths"),
        *("a negative length", "length and chunks", "unknown coding", "a space in a name", "NUL", "folded", "HTTP/2"),
    ],
)
def test_what_is_no_http_is_answered_with_400_and_closed(door: Door, text: bytes) -> None:
    with Wire(door) as wire:
        wire.send(text)
        answer = wire.answer()
        assert 400 <= answer.status < 500
        assert wire.seconds_until_closed() < HEADER_SECONDS + SLACK_SECONDS or answer.status == 401


def test_a_wrong_size_of_a_chunk_is_refused(door: Door) -> None:
    with Wire(door) as wire:
        wire.send(request(door, content_length="", transfer_encoding="chunked"), b"zz\r\nabc\r\n0\r\n\r\n")
        assert wire.answer().status == 400


def test_pipelined_requests_are_answered_in_order(door: Door) -> None:
    events = [event_of("case.rated") for _ in range(20)]
    with Wire(door) as wire:
        wire.send(*(request(door, orjson.dumps(event)) for event in events))
        answers = [wire.answer() for _ in events]
    assert [orjson.loads(answer.body)["id"] for answer in answers] == [event["id"] for event in events]


def test_what_follows_a_refused_body_is_a_request_of_its_own(door: Door) -> None:
    event = event_of("case.rated")
    with Wire(door) as wire:
        wire.send(request(door, b" " * 100_000, content_encoding="br"), request(door, orjson.dumps(event)))
        assert wire.answer().status == 415
        assert orjson.loads(wire.answer().body)["id"] == event["id"]


# Headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["many names", "one value", "trailers", "chunk extensions"])
def test_headers_without_end_are_cut_off(door: Door, of: str) -> None:
    begin = request(door)[:-2]
    chunked = request(door, content_length="", transfer_encoding="chunked")
    first, more = {
        "many names": (begin, b"x-name: value\r\n" * 500),
        "one value": (begin + b"x: ", b"y" * 8_000),
        "trailers": (chunked + b"0\r\n", b"x-name: value\r\n" * 500),
        "chunk extensions": (chunked + b"1;x=", b"y" * 8_000),
    }[of]
    sent_bytes, began = 0, time.monotonic()
    with Wire(door) as wire:
        wire.send(first)
        try:
            while sent_bytes < 100 * HEAD_BYTES:
                wire.send(more)
                sent_bytes += len(more)
        except ConnectionError:
            pass
    assert sent_bytes < 100 * HEAD_BYTES, "it took all of it"
    assert time.monotonic() - began < SLACK_SECONDS


def test_large_headers_within_the_limit_are_taken(door: Door) -> None:
    event = orjson.dumps(event_of("case.rated"))
    many: dict[str, Any] = {f"x_{number}": "y" * 40 for number in range(500)}
    one: dict[str, Any] = {"cookie": "z" * 30_000}
    for headers in (many, one):
        with Wire(door) as wire:
            wire.send(request(door, event, **headers))
            assert wire.answer().status in (200, 201)


# Seldom, and sound ------------------------------------------------------------------------------------------------


def test_who_asks_before_sending_is_told_to_go_on_or_not(door: Door) -> None:
    event = orjson.dumps(event_of("case.rated"))
    with Wire(door) as wire:
        wire.send(request(door, content_length=str(len(event)), expect="100-continue"))
        assert wire.answer().status == 100
        wire.send(event)
        assert wire.answer().status == 201
    refused: list[tuple[dict[str, Any], int]] = [
        ({"content_length": str(TEN_MIB)}, 413),
        ({"content_length": "10", "authorization": "Bearer nobody"}, 401),
        ({"content_length": "10", "content_encoding": "br"}, 415),
    ]
    for headers, status in refused:
        with Wire(door) as wire:
            wire.send(request(door, expect="100-continue", **headers))
            assert wire.answer().status == status, "and not 100"


@pytest.mark.parametrize("offer", ["h2c", "websocket"])
def test_an_offer_of_another_protocol_is_ignored(door: Door, offer: str) -> None:
    """As Java's HTTP client makes one, its body coming in a packet of its own."""
    for _ in range(2):
        event = event_of("case.rated", authid="person/x", correlationid="\nupgrade: x")
        body = orjson.dumps(event)
        asked = request(door, body, connection="Upgrade, HTTP2-Settings", HTTP2_Settings="AAEAAEAA", Upgrade=offer)
        with Wire(door) as wire:
            for _ in range(2):
                wire.send(asked.removesuffix(body))
                time.sleep(0.01)
                wire.send(body)
                answer = wire.answer()
                assert (answer.status // 100, orjson.loads(answer.body).get("id")) == (2, event["id"])


def test_http_1_0_is_answered_and_closed(door: Door) -> None:
    event = event_of("case.rated")
    with Wire(door) as wire:
        wire.send(request(door, orjson.dumps(event)).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        assert orjson.loads(wire.answer().body)["id"] == event["id"]
        assert wire.seconds_until_closed() < SLACK_SECONDS


@pytest.mark.parametrize("path", ["/events", "/receipts", "/photos", "/livez"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_answered_without_a_surprise(door: Door, method: str, path: str) -> None:
    with Wire(door) as wire:
        wire.send(request(door, method=method, path=path))
        answer = wire.answer(is_head=method == "HEAD")
        assert answer.status == 405
        assert "POST" in answer.headers["allow"] or "GET" in answer.headers["allow"]
        wire.send(request(door, method="GET", path="/livez"))
        assert wire.answer().status == 200, "the connection goes on"


def test_clients_that_leave_while_they_wait_do_no_harm(door: Door) -> None:
    for _ in range(20):
        with Wire(door) as wire:
            wire.send(request(door, orjson.dumps(event_of("case.rated")), path="/events?wait=10s"))
        with Wire(door) as wire:
            wire.send(request(door, method="GET", path="/receipts?source=urn:example:tests&id=no&wait=10s"))
        with Wire(door) as wire:
            wire.send(request(door, b"{", content_length="500"))
    assert door.client.post("/events", content=b"{", headers={"content-type": STRUCTURED}).status_code == 400


def test_one_publisher_can_not_have_everybody_wait(door: Door) -> None:
    asked = request(door, method="GET", path="/receipts?source=urn:example:tests&id=no&wait=1s")
    with ExitStack() as opened:
        waiting = [opened.enter_context(Wire(door)) for _ in range(QUESTIONS_IN_WORK + 20)]
        for wire in waiting:
            wire.send(asked)
        answers = Counter(wire.answer().status for wire in waiting)
    assert answers[429] >= 20 and answers[404] + answers[429] == len(waiting)


def assert_refused(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status
    assert orjson.loads(answer.body)["errors"][0]["code"] == code
