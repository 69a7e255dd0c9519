"""The front door while Kafka or PostgreSQL is away or frozen: nothing is promised that was not written."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
import pytest

from ledger.parties import secret_of
from shanzhi.stack.service import Service
from tests.faults.gateway import Entrance, freeze, thaw
from tests.faults.proof import ledger_of
from tests.faults.publishers import BATCH, STRUCTURED, Event, event_of
from tests.faults.scene import Scene
from tests.faults.wait import wait_until

AT_ONCE = 20
UNKNOWN_SECONDS = 17.0  # an answer takes no longer, whatever is away
NOTICED_SECONDS = 6.0
BACK_SECONDS = 30.0
STOP_SECONDS = 5.0
NOBODYS = secret_of(bytes(32))

Answers = list[tuple[httpx.Response, float]]


@pytest.fixture
def entrance(scene: Scene) -> Iterator[Entrance]:
    made = Entrance(scene)
    made.opens()
    yield made
    made.close()


def test_kafka_frozen_is_said_and_whoever_sends_again_is_served(scene: Scene, entrance: Entrance, say: Any) -> None:
    key = entrance.register("away")
    assert post(entrance, key, event_of("urn:away", 1_000)).status_code == 201
    first, second, third = (_events(number) for number in range(3))
    with _frozen(scene.stack.broker):
        answers = _post_all(entrance, key, first)
        _assert_unknown(answers)
        _assert_not_ready(entrance)
        with _in_work(entrance, key, second) as asked:
            ended = _asked_to_stop(entrance)
        assert {one.status_code for one in asked} == {503}, "told so, though Kafka never answered"
    say(f"Kafka frozen: told after {max(seconds for _, seconds in answers):.1f} s; a gateway ended in {ended:.1f} s")
    entrance.start_again()
    entrance.opens()

    given = [_accepted(entrance, key, event) for event in [*first, *second]]

    with _frozen(scene.stack.broker) as thawed, _in_work(entrance, key, third) as asked:
        entrance.gateway.send(signal.SIGTERM)
        wait_until(lambda: entrance.gateway.is_closed, entrance.gateway.tail, STOP_SECONDS)
        assert entrance.gateway.is_running(), "it waits for them"
        thawed()
        ended = _asked_to_stop(entrance)
    say(f"asked to stop with {AT_ONCE} requests in work: all taken, ended {ended:.1f} s after Kafka was back")
    assert [one.status_code for one in asked] == [201] * AT_ONCE
    given += [one.json() for one in asked]
    ledger = ledger_of(scene)
    assert all(ledger[one["partition"], one["offset"]]["id"] == one["id"] for one in given)
    assert {one["id"] for one in ledger.values()} == {one["id"] for one in [*first, *second, *third]} | {"e-1000"}


def test_postgresql_away_nothing_is_written_and_known_keys_still_pass(
    scene: Scene, entrance: Entrance, say: Any
) -> None:
    key, ends = entrance.register("away"), scene.ends()
    event = event_of("urn:away", 1)
    broken = event | {"data": {}}
    assert post(entrance, key, broken).status_code == 422
    scene.stack.postgres.kill()
    _assert_unknown(_post_all(entrance, key, [event] * 3))
    _assert_unknown(_post_all(entrance, NOBODYS, [broken]))  # nobody can tell whose it is
    assert post(entrance, key, broken).status_code == 422, "the key passed, and the event was looked at"
    _assert_not_ready(entrance)
    assert scene.ends() == ends
    scene.stack.postgres.start()
    ready = entrance.opens(BACK_SECONDS)
    with _frozen(scene.stack.postgres):
        with _in_work(entrance, key, [event] * 3) as asked:
            answers = _post_all(entrance, NOBODYS, [broken] * AT_ONCE)
            _assert_unknown(answers)
            _assert_not_ready(entrance)
            ended = _asked_to_stop(entrance)
        assert {one.status_code for one in asked} == {503}
        assert scene.ends() == ends
    slowest = max(seconds for _, seconds in answers)
    say(f"PostgreSQL back: open {ready:.1f} s later; frozen: told after {slowest:.1f} s, ended in {ended:.1f} s")
    entrance.start_again()
    entrance.opens()

    _accepted(entrance, key, event)

    assert [one["id"] for one in ledger_of(scene).values()] == [event["id"]]
    assert post(entrance, NOBODYS, event).status_code == 401


@contextmanager
def _frozen(server: Service) -> Iterator[Callable[[], None]]:
    """Gives what thaws it before the end."""
    pid = server.pid
    freeze(pid)
    try:
        yield lambda: thaw(pid)
    finally:
        thaw(pid)


@contextmanager
def _in_work(entrance: Entrance, key: str, events: Sequence[Event]) -> Iterator[list[httpx.Response]]:
    """Each is sent, and can't be answered yet; the answers are there at the end."""
    answers: list[httpx.Response] = []
    sent: list[str] = []

    def trace(step: str, _: Any) -> None:
        if step == "http11.send_request_body.complete":
            sent.append(step)

    with ThreadPoolExecutor(len(events)) as pool:
        asked = [pool.submit(post, entrance, key, event, trace) for event in events]
        wait_until(lambda: len(sent) == len(events) and not entrance.gateway.unread_bytes)
        for _ in range(3):  # and what was read is taken up by the loop, which answers in turn
            assert entrance.gateway.asked("/livez") == 200
        assert not any(one.done() for one in asked)
        yield answers
        answers += [one.result() for one in asked]


def _asked_to_stop(entrance: Entrance) -> float:
    """After how many seconds it has ended, in good order."""
    began = time.monotonic()
    entrance.gateway.send(signal.SIGTERM)
    assert entrance.gateway.ends_within(STOP_SECONDS), entrance.gateway.tail()
    assert entrance.gateway.exit_code == 0, entrance.gateway.tail()
    assert "Traceback" not in entrance.gateway.tail()
    return time.monotonic() - began


def _events(part: int) -> list[Event]:
    return [event_of("urn:away", number) for number in range(part * AT_ONCE, (part + 1) * AT_ONCE)]


def post(
    entrance: Entrance, key: str, event: Event | list[Event], trace: Callable[[str, Any], None] | None = None
) -> httpx.Response:
    """One event, or a batch; `trace` is told of each step of the client."""
    kind = BATCH if isinstance(event, list) else STRUCTURED
    headers = {"authorization": f"Bearer {key}", "content-type": kind}
    extensions = {"trace": trace} if trace else {}
    with httpx.Client(timeout=60) as client:
        url, content = f"{entrance.url}/events", orjson.dumps(event)
        return client.post(url, content=content, headers=headers, extensions=extensions)


def _post_all(entrance: Entrance, key: str, events: Sequence[Event]) -> Answers:
    """All at once; each answer with how many seconds it took."""

    def timed(event: Event) -> tuple[httpx.Response, float]:
        began = time.monotonic()
        return post(entrance, key, event), time.monotonic() - began

    with ThreadPoolExecutor(len(events)) as pool:
        return list(pool.map(timed, events))


def _assert_unknown(answers: Answers) -> None:
    for answer, seconds in answers:
        assert (answer.status_code, seconds < UNKNOWN_SECONDS) == (503, True), (seconds, answer.text)
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["type"] in ("urn:shanzhi:problem:outcome-unknown", "urn:shanzhi:problem:not-ready")


def _assert_not_ready(entrance: Entrance) -> None:
    wait_until(lambda: entrance.gateway.asked("/readyz") == 503, entrance.gateway.tail)
    assert entrance.gateway.asked("/livez") == 200, "waiting is no reason to be killed"


def _accepted(entrance: Entrance, key: str, event: Event) -> dict[str, Any]:
    """The receipt, once the event is taken; what is answered 503 is sent again."""
    answers: list[httpx.Response] = []

    def taken() -> bool:
        answers.append(post(entrance, key, event))
        assert answers[-1].status_code in (200, 201, 503), answers[-1].text
        return answers[-1].is_success

    wait_until(taken, entrance.gateway.tail)
    return dict(answers[-1].json())
