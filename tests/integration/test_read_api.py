"""The read API over HTTP, on the front door: answers, pages, tags, receipts, rights, changes, its document."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import openapi_spec_validator
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from projections import read
from readers.api.access import OPEN
from readers.api.bodies import BOM
from readers.standing import positions_of
from tests.door import Door, event_of
from tests.readers_door import nobody, visitor
from tests.soak import IS_SOAK

CALLS = 5_000 if IS_SOAK else 120
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODELS = "/api/v1/models"
PLACE = "place/read-api"


@pytest.fixture(scope="module")
def stranger(door: Door) -> Iterator[httpx.Client]:
    with nobody(door) as client:
        yield client


@pytest.fixture(scope="module")
def holder(door: Door) -> Iterator[httpx.Client]:
    """With the key of a publisher that may say everything everywhere."""
    headers = {"authorization": f"Bearer {door.key}"}
    with httpx.Client(base_url=door.dashboard, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def wished(door: Door) -> dict[str, Any]:
    """A wish, published and acknowledged; the receipt with the subject."""
    event = event_of("wish.made")
    event["data"] |= {"place": PLACE}
    receipt: dict[str, Any] = door.post(event).json()
    return receipt | {"subject": event["subject"]}


def place_of(receipt: dict[str, Any]) -> str:
    return f"{receipt['partition']}:{receipt['offset']}"


# Answers -----------------------------------------------------------------------------------------


def test_an_answer_says_what_it_is_of_and_how_fresh(stranger: httpx.Client) -> None:
    answer = stranger.get(f"{MODELS}/rates", params={"period": "2024-05"})
    told = answer.json()
    assert told["period"] == {"first": "2024-05-01", "last": "2024-05-31"}
    assert [rule["rule"] for rule in told["rules"]] == ["three_rates"]
    assert told["generation"] == answer.headers["shanzhi-generation"]
    positions = positions_of(told["position"])
    assert positions is not None
    assert told["freshness"]["positions"] == {str(number): end for number, end in enumerate(positions)}
    assert {"newest_time", "lag_records", "lag_seconds", "missed_publishers"} <= told["freshness"].keys()


def test_every_read_model_answers_and_strangers_meet_nobody(stranger: httpx.Client, holder: httpx.Client) -> None:
    listed = {one["name"]: one for one in stranger.get(MODELS).json()}
    assert listed.keys() == read.read_models().keys()
    for name, one in listed.items():
        seen = stranger.get(one["address"])
        assert seen.status_code == (200 if name in OPEN else 401), name
        assert b"person/" not in seen.content.replace(b"person/*", b""), name
        assert holder.get(one["address"]).status_code == 200, name


def test_what_is_published_is_in_the_answer_that_waits_for_it(door: Door, holder: httpx.Client) -> None:
    receipt = wished(door)
    answer = holder.get(f"{MODELS}/wishes", params={"after": place_of(receipt), "wait": "10s", "place": PLACE})
    assert receipt["subject"] in [row["subject"] for row in answer.json()["rows"]]
    as_it_came = json.dumps({name: value for name, value in receipt.items() if name != "subject"})
    assert holder.get(f"{MODELS}/wishes", params={"after": as_it_came, "limit": "1"}).status_code == 200


def test_a_receipt_of_nothing_is_told_as_such(holder: httpx.Client) -> None:
    answer = holder.get(f"{MODELS}/wishes", params={"after": "0:999999999", "wait": "20ms"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert " · " in answer.json()["detail"], "in both languages"


def test_the_same_answer_is_not_sent_twice(stranger: httpx.Client) -> None:
    asked = {"as_of": "2024-05-11T12:00:00+08:00"}
    first = stranger.get(f"{MODELS}/wish-board", params=asked)
    for _ in range(3):  # somebody else's event may come in between
        again = stranger.get(
            f"{MODELS}/wish-board", params=asked, headers={"if-none-match": first.headers["etag"]}
        )  # fmt: skip
        if again.status_code == 304:
            break
        first = again
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    plain = stranger.get(f"{MODELS}/wish-board", params=asked, headers={"accept-encoding": "identity"})
    assert plain.headers["etag"] != first.headers["etag"]


def test_csv_is_for_spreadsheets(stranger: httpx.Client) -> None:
    answer = stranger.get(f"{MODELS}/wish-board", headers={"accept": "text/csv"})
    text = answer.content.decode()
    assert text.startswith(BOM)
    header, whole, *_ = csv.reader(io.StringIO(text.removeprefix(BOM)))
    assert header[:2] == ["地点编号", "地点"]
    assert len(whole) == len(header)


def test_pages_are_one_answer_though_events_come_in_between(door: Door, holder: httpx.Client) -> None:
    receipts = [wished(door) for _ in range(5)]
    for receipt in receipts:
        holder.get(f"{MODELS}/wishes", params={"after": place_of(receipt), "wait": "10s", "limit": "1"})
    made = {receipt["subject"] for receipt in receipts}
    seen: list[str] = []
    address: str | None = f"{MODELS}/wishes?place={PLACE}&limit=2"
    while address:
        page = holder.get(address).json()
        seen += [row["subject"] for row in page["rows"]]
        address = page["next"]
        wished(door)
    assert made <= {*seen}
    assert len(seen) == len({*seen}), "no row twice"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("wish-board?plaec=place/a", "place"), ("wish-board?limit=0", "limit"), ("wish-board?cursor=x", "cursor"),
        ("wish-board?period=2024-13", "period"), ("units?period=2024-05-11", ""), ("overvew", "overview"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_both_languages(stranger: httpx.Client, asked: str, says: str) -> None:
    answer = stranger.get(f"{MODELS}/{asked}")
    assert answer.status_code in (400, 404)
    problem = answer.json()
    assert problem["type"].startswith("urn:shanzhi:problem:")
    assert " · " in problem["title"]
    assert says in problem["detail"]


# Rights ------------------------------------------------------------------------------------------


def test_a_login_reads_its_own_scope_and_no_other(door: Door) -> None:
    with closing(visitor(door, "desk", place=PLACE)) as desk:
        own = desk.get(f"{MODELS}/wishes")
        assert (own.status_code, own.json()["options"]["place"]) == (200, PLACE), "narrowed to its only place"
        assert desk.get(f"{MODELS}/wishes", params={"place": "place/elsewhere"}).status_code == 403
        assert desk.get(f"{MODELS}/quarantine").status_code == 403
        assert desk.get(f"{MODELS}/wish-board", params={"place": "place/elsewhere"}).status_code == 200
    with closing(visitor(door, "leader")) as leader:
        assert leader.get(f"{MODELS}/wishes").status_code == 200


def test_a_key_reads_what_its_places_allow_and_a_wrong_one_nothing(door: Door) -> None:
    key = door.register("read-api-desk", "urn:example:read-api", places=(PLACE,))
    with httpx.Client(base_url=door.dashboard, timeout=30, trust_env=False) as client:
        own = {"authorization": f"Bearer {key}"}
        assert client.get(f"{MODELS}/wishes", headers=own).json()["options"]["place"] == PLACE
        assert client.get(f"{MODELS}/wishes", params={"place": "place/other"}, headers=own).status_code == 403
        assert client.get(f"{MODELS}/wish-board", headers={"authorization": "Bearer shz_x"}).status_code == 401


# Explanations ------------------------------------------------------------------------------------


def test_a_cell_is_opened_to_its_events(door: Door, holder: httpx.Client, stranger: httpx.Client) -> None:
    receipt = wished(door)
    holder.get(f"{MODELS}/wishes", params={"after": place_of(receipt), "wait": "10s", "limit": "1"})
    board = holder.get(f"{MODELS}/wish-board", params={"place": PLACE, "by": "day", "limit": "2"}).json()
    day = next(row["day"] for row in board["rows"] if not row["is_overall"])
    asked = {"figure": "cell", "tally": "wish_day", "key": [f"place={PLACE}", f"day={day}"]}
    found = holder.get("/api/v1/explain", params=asked)
    assert (found.status_code, found.json()["equal"]) == (200, True)
    assert found.json()["entities"][0]["events"][0]["position"]
    assert stranger.get("/api/v1/explain", params=asked).status_code == 401


# Changes -----------------------------------------------------------------------------------------


def listened(client: httpx.Client, headers: dict[str, str], messages: int) -> list[dict[str, Any]]:
    """The first so many changes, each with its id."""
    found: list[dict[str, Any]] = []
    with client.stream("GET", "/api/v1/changes", headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
            if line.startswith("id: "):
                found.append(data | {"id": line.removeprefix("id: ")})
                if len(found) == messages:
                    break
    return found


def test_what_moves_is_told_and_a_resume_hears_what_it_missed(door: Door, stranger: httpx.Client) -> None:
    timer = threading.Timer(0.5, lambda: wished(door))
    timer.start()
    first, second = listened(stranger, {}, 2)
    timer.join()
    assert (first["partitions"], bool(second["partitions"])) == ([], True)
    receipt = wished(door)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        missed = listened(stranger, {"last-event-id": second["id"]}, 1)[0]
        if receipt["partition"] in missed["partitions"]:
            break
    assert receipt["partition"] in missed["partitions"]
    positions = positions_of(missed["id"])
    assert positions is not None
    assert positions[receipt["partition"]] > receipt["offset"]


# The document ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(door: Door) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{door.dashboard}/api/v1/openapi.json")


def test_the_document_is_valid(stranger: httpx.Client) -> None:
    openapi_spec_validator.validate(stranger.get("/api/v1/openapi.json").json())


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_a_documented_one(
    schema: schemathesis.BaseSchema, door: Door, mode: schemathesis.GenerationMode
) -> None:
    paths = [f"{MODELS}/{name}" for name in read.read_models()]

    @settings(
        max_examples=CALLS, derandomize=not IS_SOAK, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(draws=st.data())
    def ask(draws: st.DataObject) -> None:
        path = draws.draw(st.sampled_from(paths))
        case: schemathesis.Case[Any] = draws.draw(schema[path]["GET"].as_strategy(generation_mode=mode))
        case.headers.pop("Authorization", None)  # else some are made up
        case.query.pop("after", None)  # most of it is never written, and would be waited for
        with_key = draws.draw(st.booleans())
        answer = case.call(headers={"authorization": f"Bearer {door.key}"} if with_key else {})
        case.validate_response(answer, checks=CHECKS)

    ask()
