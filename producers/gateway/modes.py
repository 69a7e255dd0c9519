"""The three modes of CloudEvents over HTTP: structured, batch, binary. Each gives events as JSON texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

import msgspec
import orjson

from ledger.errors import EventRefused
from ledger.refusal import refusal, show
from ledger.submission import orjson_bytes

BATCH_EVENTS = 500
STRUCTURED, BATCH, BINARY = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_quoted = re.compile(r'"((?:[^"\\]|\\.)*)"\Z').match


class Given(NamedTuple):
    """The events of a request; `is_batch`: the answer is a list."""

    events: list[bytes]
    is_batch: bool


def events_of(headers: Mapping[str, str], body: bytes) -> Given:
    """The events of a request by its content-type; header names in lower case.

    Raises `EventRefused`: unsupported_content_type, not_json, not_a_batch, batch_too_long.
    """
    content_type = headers.get("content-type", "")
    media_type, _, parameters = content_type.lower().partition(";")
    if "charset" in parameters and "utf-8" not in parameters and "utf8" not in parameters:
        raise _unsupported(content_type)
    match media_type.strip():
        case "application/cloudevents+json":
            return Given([body], False)
        case "application/cloudevents-batch+json":
            return Given(_batch(body), True)
        case "application/json" if "ce-specversion" in headers:
            return Given([_binary(headers, body)], False)
    raise _unsupported(content_type)


def _unsupported(content_type: str) -> EventRefused:
    allowed = f"{STRUCTURED}, {BATCH}, {BINARY} (ce-…)"
    return refusal("unsupported_content_type", "", show(content_type) if content_type else "absent", allowed=allowed)


def _batch(body: bytes) -> list[bytes]:
    try:
        events = _raw_list(body)
    except (msgspec.DecodeError, RecursionError):  # also a ValidationError: no list
        _loaded(body, "")
        raise refusal("not_a_batch", "", f"{len(body)} bytes") from None
    if len(events) > BATCH_EVENTS:
        raise refusal("batch_too_long", "", f"{len(events)} events", limit=BATCH_EVENTS)
    return [bytes(event) for event in events]


def _binary(headers: Mapping[str, str], body: bytes) -> bytes:
    """Attributes from `ce-` headers (percent-encoded UTF-8), data from the body."""
    event: dict[str, object] = {name[3:]: _value(value) for name, value in headers.items() if name.startswith("ce-")}
    event["datacontenttype"] = BINARY
    event.pop("data", None)  # what is no header of CloudEvents
    if body:
        event["data"] = _loaded(body, "/data")
    return orjson_bytes(event)


def _loaded(text: bytes, pointer: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        said = {"error": error.msg, "line": error.lineno, "column": error.colno}
        raise refusal("not_json", pointer, f"{len(text)} bytes", **said) from None


def _value(text: str) -> str:
    if quoted := _quoted(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    return unquote(text, errors="replace")
