"""The front door while Kafka or PostgreSQL is away or frozen: nothing is promised that was not written."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
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
from tests.faults.scene import Scene, wait_until

AT_ONCE = 20
UNKNOWN_SECONDS = 17.0  # an answer takes no longer, whatever is away
NOTICED_SECONDS = 6.0
BACK_SECONDS = 30.0
STOP_SECONDS = 5.0
NOBODYS = secret_of(bytes(32))

Answers = list[tuple[httpx.Response, float]]


@pytest.fixture
def entrance(scene: Scene) -> Iterator[Entrance]:
    scene.started += 1  # the next test gets a ledger of its own
    made = Entrance(scene)
    made.opens()
    yield made
    made.close()


@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_kafka_away_is_said_and_the_same_events_are_taken_later(
    scene: Scene, entrance: Entrance, how: str, say: Any
) -> None:
    key = entrance.register("away")
    events = [event_of("urn:away", number) for number in range(AT_ONCE)]
    assert post(entrance, key, event_of("urn:away", 1_000)).status_code == 201
    with _away(scene.stack.broker, how):
        answers = _post_all(entrance, key, events)
        slowest = max(seconds for _, seconds in answers)
        _assert_unknown(answers)
        _assert_not_ready(entrance)
        again = _post_all(entrance, key, [events[0]] * 3)  # nor does one wait for another's time-out
        _assert_unknown(again)
    ready = wait_until(entrance.gateway.is_ready, BACK_SECONDS, entrance.gateway.tail)
    say(f"Kafka {how}: told after {slowest:.1f} s, open again {ready:.1f} s after it was back")

    given = [_accepted(entrance, key, event) for event in events]

    records = ledger_of(scene)
    assert all(records[one["partition"], one["offset"]]["id"] == one["id"] for one in given)


@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_postgresql_away_nothing_is_written_and_known_keys_still_pass(
    scene: Scene, entrance: Entrance, how: str, say: Any
) -> None:
    key, ends = entrance.register("away"), scene.ends()
    event = event_of("urn:away", 1)
    broken = event | {"data": {}}
    assert post(entrance, key, broken).status_code == 422
    with _away(scene.stack.postgres, how):
        answers = _post_all(entrance, key, [event] * 3)
        _assert_unknown(answers)
        strangers = _post_all(entrance, NOBODYS, [broken])
        _assert_unknown(strangers)  # nobody can tell whose it is
        _assert_not_ready(entrance)
        slowest = max(seconds for _, seconds in [*answers, *strangers])
        if how == "killed":
            assert post(entrance, key, broken).status_code == 422, "the key passed, and the event was looked at"
        assert scene.ends() == ends
    ready = wait_until(entrance.gateway.is_ready, BACK_SECONDS, entrance.gateway.tail)
    say(f"PostgreSQL {how}: told after {slowest:.1f} s, open again {ready:.1f} s after it was back")

    given = _accepted(entrance, key, event)

    assert [one["id"] for one in ledger_of(scene).values()] == [event["id"]], given
    assert post(entrance, NOBODYS, event).status_code == 401


def test_a_gateway_that_is_asked_to_stop_answers_first(scene: Scene, entrance: Entrance, say: Any) -> None:
    key = entrance.register("stop")
    assert post(entrance, key, event_of("urn:stop", 1_000)).status_code == 201
    events = [event_of("urn:stop", number) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        with _away(scene.stack.broker, "frozen"):
            asked = [pool.submit(post, entrance, key, event) for event in events]
            time.sleep(1)  # they are on their way to Kafka, and can't get there
            assert not any(one.done() for one in asked)
            began = time.monotonic()
            entrance.gateway.send(signal.SIGTERM)
            time.sleep(1)  # it waits for them
        answers = [one.result() for one in asked]
    assert entrance.gateway.ends_within(STOP_SECONDS) and entrance.gateway.exit_code == 0, entrance.gateway.tail()
    say(f"asked to stop with {AT_ONCE} requests in work: ended in {time.monotonic() - began:.1f} s")
    assert [one.status_code for one in answers] == [201] * AT_ONCE
    records, places = ledger_of(scene), [(one.json()["partition"], one.json()["offset"]) for one in answers]
    assert {records[place]["id"] for place in places} == {one["id"] for one in events}
    assert "Traceback" not in entrance.gateway.tail()


def test_a_gateway_ends_in_time_though_kafka_never_answers(scene: Scene, entrance: Entrance, say: Any) -> None:
    """Whose answer can't be waited for is told so, or finds the connection closed: both mean to send again."""
    key = entrance.register("stop")
    with ThreadPoolExecutor(AT_ONCE) as pool, _away(scene.stack.broker, "frozen"):
        asked = [pool.submit(_status, entrance, key, event_of("urn:stop", number)) for number in range(AT_ONCE)]
        time.sleep(1)
        began = time.monotonic()
        entrance.gateway.send(signal.SIGTERM)
        assert entrance.gateway.ends_within(STOP_SECONDS + 1), entrance.gateway.tail()
        say(f"asked to stop while Kafka was frozen: ended in {time.monotonic() - began:.1f} s")
        assert entrance.gateway.exit_code == 0, entrance.gateway.tail()
        assert {one.result() for one in asked} <= {503, None}


@contextmanager
def _away(server: Service, how: str) -> Iterator[None]:
    pid = server.pid
    if how == "frozen":
        freeze(pid)
        try:
            yield
        finally:
            thaw(pid)
    else:
        server.kill()
        yield
        server.start()


def post(entrance: Entrance, key: str, event: Event | list[Event]) -> httpx.Response:
    """One event, or a batch."""
    kind = BATCH if isinstance(event, list) else STRUCTURED
    headers = {"authorization": f"Bearer {key}", "content-type": kind}
    return httpx.post(f"{entrance.url}/events", content=orjson.dumps(event), headers=headers, timeout=60)


def _status(entrance: Entrance, key: str, event: Event) -> int | None:
    try:
        return post(entrance, key, event).status_code
    except httpx.TransportError:
        return None


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
    wait_until(lambda: entrance.gateway.asked("/readyz") == 503, NOTICED_SECONDS, entrance.gateway.tail)
    assert entrance.gateway.asked("/livez") == 200, "waiting is no reason to be killed"


def _accepted(entrance: Entrance, key: str, event: Event) -> dict[str, Any]:
    """The receipt, once the event is taken; what is answered 503 is sent again."""
    answers: list[httpx.Response] = []

    def taken() -> bool:
        answers.append(post(entrance, key, event))
        assert answers[-1].status_code in (200, 201, 503), answers[-1].text
        return answers[-1].is_success

    wait_until(taken, BACK_SECONDS, entrance.gateway.tail)
    return dict(answers[-1].json())
