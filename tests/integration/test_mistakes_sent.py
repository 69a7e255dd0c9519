"""Every mistake of the table, sent: over HTTP alone and in a batch, over Kafka; and those that only HTTP knows."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import httpx
import orjson
import psycopg2
import pytest

from ledger import limits
from ledger.envelope import BINARY
from ledger.limits import PHOTO_BYTES
from producers.gateway.body import BODY_BYTES
from producers.gateway.modes import BATCH_EVENTS
from tests.door import BATCH, SOURCE, STRUCTURED, Door, event_of
from tests.intake_agent import until
from tests.mistakes import IDENTITY_NUMBER, MISTAKES, PHONE, SECRET, Mistake, personal_of
from tests.wire import produce

HAN, LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile("[A-Za-z]{3}")
OTHERS_SOURCE = "urn:example:others-mistakes"


def told(answer: httpx.Response) -> dict[str, Any]:
    """The problem of an answer, which has to be told in both languages."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert_told(problem)
    return problem


def assert_told(problem: Mapping[str, Any]) -> None:
    """Title, detail, rule and remedy in Chinese and in English."""
    for text in (problem["title"], problem["detail"]):
        assert HAN.search(text) and LATIN.search(text), text
    for error in problem.get("errors", []):
        assert HAN.search(error["rule_zh"]) and HAN.search(error["remedy_zh"])
        assert LATIN.search(error["rule"]) and LATIN.search(error["remedy"])


# One at a time, all at once, and over Kafka ----------------------------------------------------------------------


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_named_over_http(door: Door, mistake: Mistake) -> None:
    answer = door.post(mistake.event)
    (error,) = told(answer)["errors"]
    assert (error["code"], error["pointer"], error["value"]) == (mistake.code, mistake.pointer, mistake.value)
    assert mistake.says in error["rule"] + " " + error["remedy"]
    for secret in personal_of(mistake.event):
        assert secret not in answer.text


def test_a_batch_keeps_the_good_ones_among_every_mistake(door: Door) -> None:
    wrong = [mistake for mistake in MISTAKES if fits_a_batch(mistake.event)]
    good = [event_of("case.closed") for _ in wrong]
    mixed = [text for one, mistake in zip(good, wrong, strict=True) for text in (mistake.event, orjson.dumps(one))]
    answer = door.client.post("/events", content=b"[" + b",".join(mixed) + b"]", headers={"content-type": BATCH})
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [one["receipt"]["id"] for one in results[1::2]] == [one["id"] for one in good]
    for mistake, result in zip(wrong, results[::2], strict=True):
        (error,) = result["problem"]["errors"]
        assert_told(result["problem"])
        assert (error["code"], error["pointer"]) == (mistake.code, mistake.pointer), mistake.name
    assert not [secret for secret in (SECRET[:4], PHONE, IDENTITY_NUMBER) if secret in answer.text]
    assert door.client.get("/receipts", params={"source": SOURCE, "id": good[-1]["id"], "wait": "10s"}).is_success


def fits_a_batch(text: bytes) -> bool:
    """One JSON value; spaces around it belong to the batch."""
    if text != text.strip():
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def test_every_mistake_over_kafka_ends_in_quarantine(door: Door) -> None:
    headers = [("content-type", STRUCTURED.encode())]
    good = event_of("case.closed")
    texts = [*(mistake.event for mistake in MISTAKES), orjson.dumps(good)]
    places = produce(door, [{"value": text, "headers": headers} for text in texts])
    until(lambda: len(quarantined(door).keys() & set(places)) == len(MISTAKES), 30)
    found = quarantined(door)
    for mistake, place in zip(MISTAKES, places, strict=False):
        reason, code, pointer, detail = found[place]
        assert (code, pointer) == (mistake.code, mistake.pointer) or is_too_long(mistake, reason), mistake.name
        assert detail and not [secret for secret in personal_of(mistake.event) if secret in detail]
    assert places[-1] not in found
    asked = {"source": SOURCE, "id": good["id"], "wait": "10s"}
    assert door.client.get("/receipts", params=asked).json()["status"] == "accepted"


def quarantined(door: Door) -> dict[tuple[int, int], tuple[str, str | None, str | None, str]]:
    """Reason, code, pointer and detail by place in the intake."""
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select partition, record_offset, reason, code, pointer, detail from shanzhi.intake_quarantine")
        return {(partition, offset): (*rest,) for partition, offset, *rest in cursor}


def is_too_long(mistake: Mistake, reason: str) -> bool:
    """The intake looks at nothing of a record over 64 KiB."""
    return reason == "too_large" and len(mistake.event) > limits.SUBMITTED_BYTES


# What only HTTP knows --------------------------------------------------------------------------------------------


class Sent(NamedTuple):
    """A request that differs from a sound one, and its answer: status, and the code or parameter that is named."""

    name: str
    status: int
    says: str
    headers: Mapping[str, str | bytes | None] = {}
    body: bytes | None = None
    method: str = "POST"
    path: str = "/events"


def _content() -> Iterator[Sent]:
    one = orjson.dumps(event_of("case.closed"))
    media_type = "unsupported_content_type"
    for name, value in {
        "no content type": None,
        "plain text": "text/plain",
        "JSON without ce- headers": "application/json",
        "CloudEvents of no format": "application/cloudevents",
        "CloudEvents in XML": "application/cloudevents+xml",
        "CloudEvents in Avro": "application/cloudevents+avro",
        "a batch in XML": "application/cloudevents-batch+xml",
        "a form": "application/x-www-form-urlencoded",
        "a form with files": "multipart/form-data; boundary=x",
        "a content type that is none": "///;;",
        "GB 18030": "application/cloudevents+json; charset=gb18030",
        "Latin 1": "application/cloudevents+json; charset=iso-8859-1",
        "UTF-16 in a batch": "application/cloudevents-batch+json;charset=utf-16",
        "a charset beside a word like utf-8": 'application/cloudevents+json; charset="gbk"; note=utf-8',
    }.items():
        yield Sent(name, 415, media_type, {"content-type": value}, one)
    yield Sent("GB 18030 that claims to be UTF-8", 400, "not_json", body=one + "善".encode("gb18030"))
    yield Sent("one event as a batch", 422, "not_a_batch", {"content-type": BATCH}, one)
    yield Sent("words as a batch", 422, "not_a_batch", {"content-type": BATCH}, b'"case.closed"')
    yield Sent("a batch cut off", 400, "not_json", {"content-type": BATCH}, b"[" + one + b",")
    yield Sent("a batch as one event", 422, "not_an_object", body=b"[" + one + b"]")
    yield Sent("events one after another", 400, "not_json", body=one + b"\n" + one)
    too_many = b"[" + b",".join([one] * (BATCH_EVENTS + 1)) + b"]"
    yield Sent("a batch of 501", 413, "batch_too_long", {"content-type": BATCH}, too_many)
    yield Sent("over 4 MiB", 413, "body_too_large", {"content-type": BATCH}, b" " * (BODY_BYTES + 1))


def _encodings() -> Iterator[Sent]:
    one = orjson.dumps(event_of("case.closed"))
    packed = gzip.compress(one)
    for name in ("deflate", "br", "zstd", "gzip, gzip", "x"):
        yield Sent(f"packed with {name}", 415, "content-encoding", {"content-encoding": name}, zlib.compress(one))
    gzipped = {"content-encoding": "gzip"}
    yield Sent("gzip that is none", 400, "not_gzip", gzipped, one)
    yield Sent("gzip cut off", 400, "not_gzip", gzipped, packed[:-5])
    yield Sent("gzip and more", 400, "not_gzip", gzipped, packed + b"more")
    yield Sent("nothing as gzip", 400, "not_gzip", gzipped, b"")
    yield Sent("gzip twice", 400, "not_json", gzipped, gzip.compress(packed))
    yield Sent("gzip that is not named", 400, "not_json", {}, packed)
    yield Sent("a bomb", 413, "body_too_large", gzipped, gzip.compress(bytes(BODY_BYTES + 1)))


def _keys() -> Iterator[Sent]:
    for name, value in {
        "no key": None,
        "no scheme": "shz_" + "A" * 43,
        "nobody's key": "Bearer shz_" + "A" * 43,
        "a word for a key": "Bearer 密钥".encode(),
        "a key of 5,000 characters": "Bearer shz_" + "A" * 5_000,
        "a password": "Basic dGVzdHM6dGVzdHM=",
        "a token of another service": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    }.items():
        for path in ("/events", "/photos", "/receipts"):
            method = "GET" if path == "/receipts" else "POST"
            yield Sent(f"{name} at {path}", 401, "key-refused", {"authorization": value}, b"{}", method, path)
    others = orjson.dumps(event_of("case.closed", source=OTHERS_SOURCE))
    yield Sent("another publisher's source", 403, "source_not_granted", body=others)
    asked = f"/receipts?source={OTHERS_SOURCE}&id=1"
    yield Sent("another publisher's receipt", 403, "source_not_granted", method="GET", path=asked)
    own = orjson.dumps(event_of("publisher.revoked", source="urn:shanzhi:publishers"))
    yield Sent("a source of our own", 403, "source_not_granted", body=own)


def _addresses() -> Iterator[Sent]:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        yield Sent(f"{method} of events", 405, "method-not-allowed", method=method)
    yield Sent("a posted question", 405, "method-not-allowed", path="/receipts?source=a&id=1")
    yield Sent("a got photo", 405, "method-not-allowed", method="GET", path="/photos")
    yield Sent("a posted catalogue", 405, "method-not-allowed", path="/catalogue")
    for path in ("/event", "/events/", "//events", "/EVENTS", "/v1/events", "/events/1", "/", "/docs", "/%00"):
        yield Sent(f"the address {path}", 404, "not-found", path=path)


def _questions() -> Iterator[Sent]:
    for wait in ("soon", "2", "-1s", "", "1e3s", "2s%00"):
        yield Sent(f"a wait of {wait or 'nothing'}", 400, "wait", path=f"/events?wait={wait}")
    yield Sent("two waits", 400, "wait", path="/events?wait=1s&wait=2s")
    for text in ("yes", "1", "TRUE", ""):
        yield Sent(f"a dry run of {text or 'nothing'}", 400, "dry_run", path=f"/events?dry_run={text}")
    for name in ("dryrun", "dry-run", "Wait", "key"):
        yield Sent(f"the parameter {name}", 400, name, path=f"/events?{name}=true")
    yield Sent("somebody's phone as a parameter", 400, "…", path=f"/events?{PHONE}=1")
    asked = f"/receipts?source={SOURCE}&id=1"
    yield Sent("a receipt of no source", 400, "source", method="GET", path="/receipts?id=1")
    yield Sent("a receipt of no id", 400, "id", method="GET", path=f"/receipts?source={SOURCE}")
    yield Sent("a receipt of an empty id", 400, "id", method="GET", path=f"/receipts?source={SOURCE}&id=")
    yield Sent("a partition in words", 400, "partition", method="GET", path=f"{asked}&partition=one")
    yield Sent("an offset below 0", 400, "offset", method="GET", path=f"{asked}&offset=-1")
    yield Sent("an offset beyond all", 400, "offset", method="GET", path=f"{asked}&offset={'9' * 400}")
    yield Sent("a receipt with a wait of words", 400, "wait", method="GET", path=f"{asked}&wait=long")
    yield Sent("a receipt that is none", 404, "not-found", method="GET", path=asked + "-never")


def _binary() -> Iterator[Sent]:
    event = event_of("case.closed")
    attributes = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    sound = {**attributes, "content-type": BINARY}
    data = orjson.dumps(event["data"])
    for name in ("id", "source", "type", "subject", "time", "authid"):
        yield Sent(f"no ce-{name}", 422, "attribute_missing", sound | {f"ce-{name}": None}, data)
    for name, changed, status, says in (
        ("no ce-specversion", {"ce-specversion": None}, 415, "unsupported_content_type"),
        ("another ce-specversion", {"ce-specversion": "0.3"}, 422, "specversion_wrong"),
        ("a text in XML", {"content-type": "text/xml"}, 415, "unsupported_content_type"),
        ("an attribute nobody knows", {"ce-urgency": "high"}, 422, "attribute_unknown"),
        ("underscores as in Kafka", {"ce_id": "x", "ce-id": None}, 422, "attribute_missing"),
        ("a naive ce-time", {"ce-time": "2024-05-11T09:30:00"}, 422, "time_without_zone"),
        ("a type nobody knows", {"ce-type": "case.clsed"}, 422, "type_unknown"),
        ("an empty ce-id", {"ce-id": ""}, 422, "attribute_wrong"),
        ("a ce-id of 201 characters", {"ce-id": "%61" * 201}, 422, "attribute_wrong"),
        ("a subject that is not encoded", {"ce-subject": "case/案件".encode()}, 400, "header_unreadable"),
        ("a subject in GB 18030", {"ce-subject": "case/%B0%B8%BC%FE"}, 400, "header_unreadable"),
        ("an overlong encoding", {"ce-id": "a%C0%A0b"}, 400, "header_unreadable"),
        ("half a character", {"ce-id": "%E6%B5"}, 400, "header_unreadable"),
        ("a subject encoded twice", {"ce-subject": "case%252F1"}, 422, "subject_malformed"),
        ("an encoded space", {"ce-subject": "case/a%20b"}, 422, "subject_malformed"),
        ("an encoded line end", {"ce-subject": "case/a%0D%0Ax"}, 422, "subject_malformed"),
        ("an encoded NUL", {"ce-id": "a%00b"}, 422, "nul_character"),
        ("a phone spelt in escapes", {"ce-subject": "case/%31" + PHONE[1:]}, 422, "personal_number"),
    ):
        yield Sent(f"binary: {name}", status, says, {**sound, **changed}, data)
    for name, body, status, says in (
        ("no data", b"", 422, "attribute_missing"),
        ("data cut off", data[:-1], 400, "not_json"),
        ("data that adds attributes", data + b',"source":"urn:example:others-mistakes"', 400, "not_json"),
        ("a list for the data", b"[]", 422, "field_of_wrong_type"),
        ("data nested without end", b"[" * 60_000, 422, "nested_too_deep"),
        ("data nested too deep", b'{"reason":' + b"[" * 17 + b"]" * 17 + b"}", 422, "nested_too_deep"),
        ("data over 64 KiB", b"[" + b"[]," * 30_000 + b"[]]", 422, "event_too_large"),
    ):
        yield Sent(f"binary: {name}", status, says, sound, body)
    yield Sent("binary: data in a header alone", 422, "attribute_missing", {**sound, "ce-data": "{}"}, b"")


def _photos() -> Iterator[Sent]:
    of_case = "/photos?owner=case/1"
    yield Sent("nobody's photo", 400, "owner", path="/photos", body=b"x")
    yield Sent("a photo of a phone", 400, "owner", path=f"/photos?owner={PHONE}", body=b"x")
    yield Sent("a phone as whose photo", 422, "personal_number", path=f"/photos?owner=person/{PHONE}", body=b"x")
    yield Sent("a photo of what has none", 403, "type_not_granted", path="/photos?owner=activity/1", body=b"x")
    yield Sent("a photo with a caption", 400, "caption", path=f"{of_case}&caption=x", body=b"x")
    yield Sent("no photo", 422, "photo_unreadable", path=of_case, body=b"")
    yield Sent("an event as a photo", 422, "photo_unreadable", path=of_case, body=orjson.dumps(event_of("case.closed")))
    yield Sent("half a photo", 422, "photo_unreadable", path=of_case, body=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    yield Sent("a photo over 5 MiB", 413, "body_too_large", path=of_case, body=bytes(PHOTO_BYTES + 1))


ONLY_HTTP = [
    sent
    for part in (_content, _encodings, _keys, _addresses, _questions, _binary, _photos)
    for sent in part()
]


@pytest.mark.parametrize("sent", ONLY_HTTP, ids=lambda sent: sent.name)
def test_a_mistake_that_only_http_knows_is_named(door: Door, sent: Sent) -> None:
    given = {"authorization": f"Bearer {door.key}", "content-type": STRUCTURED} | dict(sent.headers)
    headers = [
        (name.encode(), value.encode() if isinstance(value, str) else value)
        for name, value in given.items()
        if value is not None
    ]
    # httpx would put the address in order: it goes out as it stands here
    url = httpx.URL(door.url).copy_with(raw_path=sent.path.encode())
    answer = httpx.request(sent.method, url, headers=headers, content=sent.body)
    assert answer.status_code == sent.status, answer.text
    problem = told(answer)
    named = (problem["errors"][0]["code"],) if "errors" in problem else (problem.get("parameter"), problem["type"])
    assert sent.says in named or f"urn:shanzhi:problem:{sent.says}" in named, problem
    assert not [secret for secret in (PHONE, door.key) if secret in answer.text]


def test_another_publisher_is_not_answered_for_what_is_not_its_own(door: Door) -> None:
    key = door.register("others-mistakes", OTHERS_SOURCE)
    headers = {"authorization": f"Bearer {key}", "content-type": STRUCTURED}
    answer = httpx.post(f"{door.url}/events", content=orjson.dumps(event_of("case.closed")), headers=headers)
    assert answer.status_code == 403
    assert told(answer)["errors"][0]["code"] == "source_not_granted"


def test_the_table_is_long_and_names_each_mistake_once() -> None:
    assert len(ONLY_HTTP) >= 100
    assert len({sent.name for sent in ONLY_HTTP}) == len(ONLY_HTTP)
