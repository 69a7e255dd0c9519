"""CloudEvents 1.0 as its bindings for HTTP and Kafka and its JSON format have it, and as the reference SDK sends it.

The scenarios of the official conformance suite are here in our words: given a message, when it is sent, then the
ledger holds these attributes and these data. Events are of our catalogue; its own are none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest
from cloudevents.core.bindings import http as sdk_http
from cloudevents.core.bindings import kafka as sdk_kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import conversion as sdk_1
from cloudevents.v1.http import CloudEvent as CloudEvent1
from cloudevents.v1.kafka import conversion as sdk_1_kafka
from hypothesis import given
from hypothesis import strategies as st

from ledger.envelope import ATTRIBUTES
from producers.gateway import modes
from tests.door import BATCH, STRUCTURED, Door, event_of
from tests.intake_agent import until
from tests.integration.test_mistakes_sent import quarantined
from tests.wire import arrived, at, produce

EURO = "Euro € 😀"
ENCODED_EURO = "Euro%20%E2%82%AC%20%F0%9F%98%80"  # the example of the binding
EXTENSIONS = ("authtype", "correlationid", "causationid", "traceparent")


def full(**changes: Any) -> dict[str, Any]:
    """A new event with every attribute that is registered; its data are not personal."""
    event = event_of("case.closed", **({name: f"{name}-1" for name in EXTENSIONS} | changes))
    return event | {"datacontenttype": "application/json", "dataschema": "urn:shanzhi:case.closed:1"}


def binary_headers(event: Mapping[str, Any], **changes: str) -> dict[str, str]:
    """The attributes as headers of HTTP; `changes` by attribute, as they go out."""
    attributes = {name: value for name, value in event.items() if name not in ("data", "datacontenttype")}
    named = {f"ce-{name}": value for name, value in (attributes | changes).items()}
    return {"content-type": "application/json"} | named


def post(door: Door, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The receipt of what is accepted."""
    answer = door.client.post("/events", content=body, headers=dict(headers))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def assert_holds(stored: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    """The ledger holds every attribute and the data, and nothing else; times are the same moment."""
    expected = {name: value for name, value in event.items() if name != "datacontenttype"}  # it is always JSON
    stored_at, expected_at = (datetime.fromisoformat(one["time"]) for one in (stored, expected))
    assert stored_at == expected_at
    assert {**stored, "time": ""} == {**expected, "time": ""}


# HTTP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_given_binary_mode_every_header_is_an_attribute_and_the_body_the_data(door: Door, content_type: str) -> None:
    event = full()
    receipt = post(door, binary_headers(event) | {"content-type": content_type}, orjson.dumps(event["data"]))
    assert_holds(at(door, receipt), event)


@pytest.mark.parametrize(
    "content_type",
    [
        STRUCTURED,
        "application/cloudevents+json; charset=utf-8",
        "application/cloudevents+json; charset=UTF-8",
        'Application/CloudEvents+JSON;charset="utf-8"',
    ],
)
def test_given_structured_mode_the_body_is_the_event(door: Door, content_type: str) -> None:
    event = full()
    assert_holds(at(door, post(door, {"content-type": content_type}, orjson.dumps(event))), event)


@pytest.mark.parametrize("content_type", [BATCH, "application/cloudevents-batch+json; charset=UTF-8"])
def test_given_a_batch_each_member_is_an_event_in_order(door: Door, content_type: str) -> None:
    events = [full(), event_of("case.rated"), full()]
    answer = door.client.post("/events", content=orjson.dumps(events), headers={"content-type": content_type})
    receipts = [one["receipt"] for one in answer.json()["results"]]
    for event, receipt in zip(events, receipts, strict=True):
        assert_holds(at(door, receipt), event | {"dataschema": f"urn:shanzhi:{event['type']}:1"})


def test_given_any_case_of_header_names_the_attributes_are_found(door: Door) -> None:
    event = full()
    spelt = {name.title().replace("Ce-I", "cE-i"): value for name, value in binary_headers(event).items()}
    assert_holds(at(door, post(door, spelt, orjson.dumps(event["data"]))), event)


def test_given_headers_of_binary_mode_beside_a_structured_event_the_event_counts(door: Door) -> None:
    event = full()
    headers = binary_headers(full()) | {"content-type": STRUCTURED}
    assert_holds(at(door, post(door, headers, orjson.dumps(event))), event)


def test_given_a_datacontenttype_header_the_content_type_counts(door: Door) -> None:
    event = full()
    headers = binary_headers(event, datacontenttype="text/xml")
    assert_holds(at(door, post(door, headers, orjson.dumps(event["data"]))), event)


@pytest.mark.parametrize(
    ("header", "means"),
    [
        (ENCODED_EURO, EURO),
        (ENCODED_EURO.lower(), EURO.lower()),
        ("%45%75%72%6f", "Euro"),
        ("%2545", "%45"),
        ('"a \\"quoted\\" one"', 'a "quoted" one'),
        ('"quoted%20%E2%82%AC"', "quoted €"),
        ("a+b", "a+b"),
        ("%E5%96%84%E6%B2%BB", "善治"),
    ],
    ids=["the example", "lower case", "without need", "one round", "quoted", "quoted, encoded", "a plus", "Chinese"],
)
def test_given_an_encoded_header_the_attribute_is_decoded_once(door: Door, header: str, means: str) -> None:
    event = full(correlationid=means)
    receipt = post(door, binary_headers(event, correlationid=header), orjson.dumps(event["data"]))
    assert at(door, receipt)["correlationid"] == means


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
def test_whatever_an_attribute_holds_survives_the_encoding_of_the_binding(text: str) -> None:
    encoded = "".join(
        one if "!" <= one <= "~" and one not in '"%' else "".join(f"%{byte:02X}" for byte in one.encode())
        for one in text
    )
    headers = {"content-type": "application/json", "ce-specversion": "1.0", "ce-correlationid": encoded}
    (event,) = modes.events_of(headers, b"{}").events
    assert orjson.loads(event)["correlationid"] == text


# The JSON format --------------------------------------------------------------------------------------------------


def test_given_members_in_any_order_with_spaces_and_escapes_the_event_is_the_same(door: Door) -> None:
    event = full(correlationid=EURO) | {"data": {"reason": "已解决 €"}}
    receipt = door.post(event, wait="10s").json()
    turned = dict(reversed(list(event.items())))
    text = "".join(f"\\u{unit:04x}" for unit in utf_16("€"))
    spelt = orjson.dumps(turned, option=orjson.OPT_INDENT_2).replace("€".encode(), text.encode())
    again = door.client.post("/events", content=b"\r\n" + spelt + b"\n", headers={"content-type": STRUCTURED})
    assert (again.status_code, again.json()["offset"]) == (200, receipt["offset"])


def utf_16(text: str) -> Iterator[int]:
    encoded = text.encode("utf-16-be")
    yield from (int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2))


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("comexampleextension", "x", "attribute_unknown"),
        ("data_base64", "eA==", "attribute_unknown"),
        ("correlationid", None, "attribute_wrong"),
        ("correlationid", 7, "attribute_wrong"),
        ("datacontenttype", "application/json; charset=utf-8", "datacontenttype_wrong"),
    ],
)
def test_where_we_take_less_than_the_format_allows_it_is_said(door: Door, member: str, value: Any, code: str) -> None:
    answer = door.post(full() | {member: value})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == (code, f"/{member}")


# Kafka ------------------------------------------------------------------------------------------------------------


def kafka_headers(event: Mapping[str, Any], content_type: str | None = "application/json") -> list[tuple[str, bytes]]:
    named = [(f"ce_{name}", event[name].encode()) for name in event if name not in ("data", "datacontenttype")]
    return [*named, *([("content-type", content_type.encode())] if content_type else [])]


def test_given_records_in_either_mode_the_ledger_holds_their_events(door: Door) -> None:
    of_binary = ("application/json", "application/json; charset=utf-8", "Application/JSON", None)
    of_structured = (STRUCTURED, "application/cloudevents+json; charset=utf-8", "APPLICATION/CLOUDEVENTS+JSON")
    events = [full(correlationid=EURO) for _ in (*of_binary, *of_structured)]
    binary = [
        {"value": orjson.dumps(event["data"]), "headers": kafka_headers(event, content_type)}
        for event, content_type in zip(events, of_binary, strict=False)
    ]
    structured = [
        {"value": orjson.dumps(event), "headers": [("content-type", content_type.encode())], "key": b"any"}
        for event, content_type in zip(events[len(binary) :], of_structured, strict=True)
    ]
    produce(door, [*binary, *structured])
    for event in events:
        assert_holds(arrived(door, event), event)


def test_given_a_record_that_is_no_event_it_is_set_aside_by_name(door: Door) -> None:
    event = full()
    latin = [(name, b"caf\xe9" if name == "ce_correlationid" else value) for name, value in kafka_headers(event)]
    without = [one for one in kafka_headers(event) if one[0] != "ce_specversion"]
    avro = [("content-type", b"application/cloudevents+avro")]
    data = orjson.dumps(event["data"])
    expected: list[tuple[dict[str, Any], str, str]] = [
        ({"value": data, "headers": latin}, "header_unreadable", "/correlationid"),
        ({"value": None, "headers": kafka_headers(event), "key": b"any"}, "attribute_missing", "/data"),
        ({"value": data, "headers": without}, "unsupported_content_type", ""),
        ({"value": data, "headers": kafka_headers(event, "text/xml")}, "unsupported_content_type", ""),
        ({"value": orjson.dumps(event), "headers": avro}, "unsupported_content_type", ""),
        ({"value": b"[" + orjson.dumps(event) + b"]", "headers": [("content-type", BATCH.encode())]}, *UNSUPPORTED),
    ]
    places = produce(door, [record for record, _, _ in expected])
    until(lambda: quarantined(door).keys() >= set(places), 20)
    found = quarantined(door)
    assert [found[place][1:3] for place in places] == [(code, pointer) for _, code, pointer in expected]


UNSUPPORTED = ("unsupported_content_type", "")  # the binding knows no batches


def test_given_one_event_in_every_mode_it_counts_once(door: Door) -> None:
    event = full(correlationid="once")
    data, text = orjson.dumps(event["data"]), orjson.dumps(event)
    first = post(door, binary_headers(event), data)
    arrived(door, event)
    record = {"value": data, "headers": kafka_headers(event)}
    produce(door, [record, {"value": text, "headers": [("content-type", STRUCTURED.encode())]}])
    later = event_of("case.closed")
    produce(door, [{"value": orjson.dumps(later), "headers": [("content-type", STRUCTURED.encode())]}])
    arrived(door, later)
    structured = door.post(event, wait="10s")
    batch = door.client.post("/events", content=b"[" + text + b"]", headers={"content-type": BATCH})
    assert structured.status_code == 200
    assert batch.json()["results"][0]["status"] == 200
    for receipt in (structured.json(), batch.json()["results"][0]["receipt"]):
        assert (receipt["status"], receipt["partition"], receipt["offset"]) == ("repeat", *place_of(first))


def place_of(receipt: Mapping[str, Any]) -> tuple[int, int]:
    return receipt["partition"], receipt["offset"]


# The reference SDK ------------------------------------------------------------------------------------------------


def of_sdk(event: Mapping[str, Any]) -> CloudEvent:
    attributes = {name: value for name, value in event.items() if name != "data"}
    return CloudEvent(attributes | {"time": datetime.fromisoformat(event["time"])}, event["data"])


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_what_the_sdk_sends_over_http_gets_through(door: Door, mode: str) -> None:
    event = full(correlationid=EURO)
    make = {"binary": sdk_http.to_binary_event, "structured": sdk_http.to_structured_event}[mode]
    message = make(of_sdk(event))
    assert_holds(at(door, post(door, message.headers, message.body)), event)


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_what_the_sdk_of_version_1_sends_over_http_gets_through(door: Door, mode: str) -> None:
    event = full()
    attributes = {name: value for name, value in event.items() if name != "data"}
    make = {"binary": sdk_1.to_binary, "structured": sdk_1.to_structured}[mode]
    headers, body = make(CloudEvent1(attributes, event["data"]))
    assert_holds(at(door, post(door, headers, body)), event)


def test_what_the_sdk_sends_over_kafka_gets_through(door: Door) -> None:
    events = [full(correlationid=EURO) for _ in range(4)]
    of_1 = [CloudEvent1({k: v for k, v in event.items() if k != "data"}, event["data"]) for event in events]

    def by_subject(one: Any) -> str:
        return str(one.get_attributes()["subject"])

    messages: list[Any] = [
        sdk_kafka.to_binary_event(of_sdk(events[0]), key_mapper=by_subject),
        sdk_kafka.to_structured_event(of_sdk(events[1])),
        sdk_1_kafka.to_binary(of_1[2], key_mapper=by_subject),
        sdk_1_kafka.to_structured(of_1[3], key_mapper=by_subject),
    ]
    # version 1 of the SDK names what the data are, not what the record is, against the binding: its user has to
    messages[3].headers["content-type"] = STRUCTURED.encode()
    produce(door, [{"value": encoded(one.value), "headers": list(one.headers.items())} for one in messages])
    for event in events:
        assert_holds(arrived(door, event), event)


def encoded(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def test_what_the_ledger_holds_is_read_by_the_sdk(door: Door) -> None:
    event = full(correlationid=EURO)
    stored = at(door, post(door, {"content-type": STRUCTURED}, orjson.dumps(event)))
    read = JSONFormat().read(CloudEvent, orjson.dumps(stored))
    assert read.get_attributes().keys() <= ATTRIBUTES
    assert (read.get_id(), read.get_subject(), read.get_time()) == (
        event["id"],
        event["subject"],
        datetime.fromisoformat(event["time"]),
    )
    assert (read.get_extension("correlationid"), read.get_data()) == (EURO, event["data"])


def test_the_sdk_reads_an_answer_that_names_what_is_wrong_with_its_event(door: Door) -> None:
    message = sdk_http.to_binary_event(of_sdk(full(type="com.example.someevent", source="/mycontext/subcontext")))
    answer = httpx.post(
        f"{door.url}/events", content=message.body, headers={**message.headers, "authorization": f"Bearer {door.key}"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "type_unknown"
