"""The gateway on real servers: receipts, repeats, reused ids, batches, waits, dry runs, and whose keys they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from typing import Any

import httpx
import orjson
import psycopg2
import pytest
from PIL import Image

from ledger.submission import check, stored
from ledger.writer import Writer
from producers.publisher import utc_now
from projections.store.generation import current_generation
from tests.door import BATCH, SOURCE, Door, event_of
from tests.fixed_keys import FixedKeys


def rows(door: Door, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Of the generation that readers see, as `{}`."""
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection:
        generation = current_generation(connection)
        with connection.cursor() as cursor:
            cursor.execute(statement.format(generation), arguments)
            return list(cursor)


def post_batch(door: Door, *events: Any, **asked: str) -> httpx.Response:
    return door.client.post("/events", content=orjson.dumps(events), headers={"content-type": BATCH}, params=asked)


def receipt_of(door: Door, event: dict[str, Any], **asked: str) -> httpx.Response:
    return door.client.get("/receipts", params={"source": event["source"], "id": event["id"], **asked})


def test_a_receipt_means_that_the_ledger_has_it_and_a_wait_that_the_tables_do(door: Door) -> None:
    event = event_of("case.discovered")
    answer = door.post(event, wait="10s")
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["id"], receipt["source"], receipt["status"]) == (event["id"], SOURCE, "accepted")
    assert receipt["applied"] is True
    assert rows(door, "select 1 from {}.entity_case where subject = %s", event["subject"]) == [(1,)]
    assert door.post(event, wait="10s").status_code == 200, "and sent again nothing changes"


def test_a_repeat_gets_the_first_receipt_and_other_content_is_refused(door: Door) -> None:
    event = event_of("case.rated")
    first = door.post(event, wait="10s").json()
    again = door.post(event)
    assert again.status_code == 200
    assert again.json().items() >= {**first, "status": "repeat"}.items() - {("applied", True)}
    other = door.post(event | {"time": "2024-05-12T09:30:00+08:00"})
    assert other.status_code == 409
    (error,) = other.json()["errors"]
    assert (error["code"], error["pointer"]) == ("id_reused", "/id")


def test_a_repeat_and_a_reused_id_are_known_before_they_are_indexed(door: Door) -> None:
    event = event_of("case.rated")
    other = event | {"time": "2024-05-12T09:30:00+08:00"}
    first, again, refused = post_batch(door, event, event, other).json()["results"]
    assert (first["status"], refused["status"]) == (201, 409)
    assert again["status"] in (200, 201), "at once, the first may still be on its way"
    sent = door.post(event).json()
    assert (sent["status"], sent["offset"]) == ("repeat", first["receipt"]["offset"])
    assert door.post(other).status_code == 409


def test_an_event_that_another_gateway_let_in_under_a_taken_id_is_not_called_applied(door: Door) -> None:
    event = event_of("case.rated")
    first = door.post(event, wait="10s").json()
    (other,) = stored([check(event | {"time": "2024-05-12T09:30:00+08:00"}, utc_now())], FixedKeys())
    with Writer(door.endpoints.kafka_bootstrap) as writer:  # as one does that has not heard of the first
        second = writer.send(other).receipt()
    at_hand = {"partition": str(second.partition), "offset": str(second.offset), "wait": "10s"}
    door.client.get("/receipts", params={"source": SOURCE, "id": event["id"], "wait": "10s"})
    assert eventually(lambda: receipt_of(door, event, **at_hand).json()["status"] == "quarantined")
    found = receipt_of(door, event, **at_hand).json()
    assert (found["reason"], found["offset"]) == ("id_reused", second.offset)
    assert receipt_of(door, event).json()["offset"] == first["offset"], "without a position it is about the first"


def eventually(is_so: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not (so := is_so()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return so


def test_a_batch_keeps_the_good_ones_and_says_which_failed(door: Door) -> None:
    good = [event_of("case.rated") for _ in range(4)]
    bad = event_of("case.rated") | {"data": {"by": "resident"}}
    answer = post_batch(door, good[0], good[1], bad, good[2], {"id": 7}, good[3])
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [one["status"] for one in results] == [201, 201, 422, 201, 422, 201]
    assert [one["receipt"]["id"] for one in results if "receipt" in one] == [one["id"] for one in good]
    assert results[2]["problem"]["errors"][0]["pointer"] == "/data/reached"
    repeated = post_batch(door, *good, wait="10s")
    assert repeated.status_code == 200, "all of them, and nothing new"


def test_an_empty_batch_is_answered_by_an_empty_list(door: Door) -> None:
    answer = post_batch(door)
    assert (answer.status_code, answer.json()) == (200, {"results": []})


def test_a_full_batch_of_one_subject_keeps_its_order(door: Door) -> None:
    subject = event_of("case.looked_up")["subject"]
    answer = post_batch(door, *(event_of("case.looked_up", subject) for _ in range(500)), wait="10s")
    assert answer.status_code == 200
    offsets = [one["receipt"]["offset"] for one in answer.json()["results"]]
    assert offsets == sorted(offsets) and len(set(offsets)) == 500


def test_receipts_say_what_became_of_ones_own_events(door: Door) -> None:
    event = event_of("case.discovered")
    assert receipt_of(door, event).status_code == 404
    given = door.post(event).json()
    found = receipt_of(door, event, wait="10s").json()
    place = {"partition": given["partition"], "offset": given["offset"]}
    assert found == {"status": "accepted", **place, "applied": True}
    later = receipt_of(door, event, partition=str(given["partition"]), offset=str(given["offset"] + 1)).json()
    assert later == {"status": "repeat", **place, "applied": True}


def test_nobody_sees_what_another_publisher_sent(door: Door) -> None:
    event = event_of("case.rated")
    door.post(event)
    key = door.register("stranger", "urn:example:stranger")
    asked = {"source": event["source"], "id": event["id"]}
    answer = httpx.get(f"{door.url}/receipts", params=asked, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 403


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer shz_wrong", "Basic eDp5", "Bearer " + "x" * 5000, "Bearer é"])
def test_without_a_key_nothing_is_read(door: Door, key: str) -> None:
    headers = [(b"authorization", key.encode()), (b"content-type", b"application/cloudevents+json")]
    answer = httpx.post(f"{door.url}/events", content=orjson.dumps(event_of("case.rated")), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_publisher_says_only_what_it_was_granted(door: Door) -> None:
    key = door.register("hotline", "urn:example:hotline", types=("case.discovered",))
    for event, code in (
        (event_of("case.discovered"), "source_not_granted"),
        (event_of("case.rated", source="urn:example:hotline"), "type_not_granted"),
    ):
        headers = {"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"}
        answer = httpx.post(f"{door.url}/events", content=orjson.dumps(event), headers=headers)
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["code"] == code


def test_a_rate_is_kept_and_says_when_to_come_again(door: Door) -> None:
    key = door.register("slow", "urn:example:slow", rate_per_second=1)
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH}
    events = [event_of("case.rated", source="urn:example:slow") for _ in range(500)]
    assert httpx.post(f"{door.url}/events", content=orjson.dumps(events), headers=headers).status_code == 200
    answer = httpx.post(f"{door.url}/events", content=orjson.dumps(events[:50]), headers=headers)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 50


def test_a_dry_run_shows_the_cells_and_writes_nothing(door: Door) -> None:
    event = event_of("case.discovered")
    shown = door.post(event, dry_run="true").json()
    assert (shown["valid"], shown["outcome"], shown["is_late"]) == (True, "new", True)
    assert shown["cells"] and all(cell["change"] for cell in shown["cells"])
    assert receipt_of(door, event).status_code == 404
    before = {cell["table"]: count(door, cell["table"]) for cell in shown["cells"]}
    assert door.post(event, wait="10s").json()["applied"]
    after = {cell["table"]: count(door, cell["table"]) for cell in shown["cells"]}
    promised = {name: 0 for name in before}
    for cell in shown["cells"]:
        promised[cell["table"]] += cell["change"].get("contributors", 0)
    assert {name: after[name] - before[name] for name in before} == promised
    assert door.post(event, dry_run="true").json()["outcome"] == "repeat"
    another = event | {"time": "2024-05-01T00:00:00Z"}
    assert door.post(another, dry_run="true").json()["outcome"] == "id_reused"
    refused = door.post(event | {"data": {}}, dry_run="true").json()
    assert refused["valid"] is False and refused["problem"]["errors"][0]["remedy_zh"]


def count(door: Door, table: str) -> int:
    """How many entities contribute to a tally."""
    return int(rows(door, f"select coalesce(sum(contributors), 0) from {{}}.{table}")[0][0])


def test_a_wait_has_its_end(door: Door) -> None:
    began = time.monotonic()
    answer = door.client.get("/receipts", params={"source": SOURCE, "id": "never sent", "wait": "300ms"})
    assert answer.status_code == 404
    assert 0.3 <= time.monotonic() - began < 5


def picture(colour: str) -> bytes:
    made = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (64, 48), colour).save(made, "jpeg", exif=exif)
    return made.getvalue()


def test_a_photo_goes_into_an_event_and_the_same_one_again_is_the_same(door: Door) -> None:
    event = event_of("case.discovered")
    sent = picture("red")
    assert b"taken at home" in sent
    kept = door.client.post("/photos", params={"owner": event["subject"]}, content=sent)
    again = door.client.post("/photos", params={"owner": event["subject"]}, content=sent)
    assert (kept.status_code, kept.json()) == (201, again.json())
    event["data"] = {**event["data"], "photos": [kept.json()]}
    assert door.post(event).status_code == 201
    ((sealed,),) = rows(door, "select sealed from vault.photo where id = %s", kept.json()["id"])
    assert b"taken at home" not in bytes(sealed) and b"JFIF" not in bytes(sealed)


@pytest.mark.parametrize(
    ("owner", "sent", "status"),
    [
        ("case/1", b"no picture", 422),
        ("case/1", b"", 422),
        ("case/1", bytes(5 * 1024 * 1024 + 1), 413),
        ("", b"x", 400),
        ("somebody", b"x", 400),
    ],
)
def test_what_is_no_photo_is_refused(door: Door, owner: str, sent: bytes, status: int) -> None:
    answer = door.client.post("/photos", params={"owner": owner}, content=sent)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_probes_and_metrics(door: Door) -> None:
    assert httpx.get(f"{door.url}/livez").text == "ok\n"
    assert httpx.get(f"{door.url}/readyz").text == "ready\n"
    door.post(event_of("case.rated"))
    metrics = httpx.get(f"{door.url}/metrics").text
    assert 'shanzhi_gateway_events_total{outcome="accepted"}' in metrics
    assert "shanzhi_ready 1.0" in metrics
