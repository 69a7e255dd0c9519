"""The three modes of CloudEvents over HTTP: structured, batch, binary. Each gives events as JSON texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

import msgspec
import orjson

from ledger import limits, nesting
from ledger.envelope import BATCH, BINARY, STRUCTURED
from ledger.errors import EventRefused
from ledger.refusal import NOT_SHOWN, named, pointer_to, refusal, show
from ledger.submission import orjson_bytes

BATCH_EVENTS = 500
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_quoted = re.compile(r'"((?:[^"\\]|\\.)*)"\Z').match
_charset = re.compile(r';\s*charset\s*=\s*"?([^\s";]*)').findall


class Given(NamedTuple):
    """The events of a request; `is_batch`: the answer is a list."""

    events: list[bytes]
    is_batch: bool


def events_of(headers: Mapping[str, str], body: bytes) -> Given:
    """The events of a request by its content-type; header names in lower case.

    Raises `EventRefused`: unsupported_content_type, not_json, nested_too_deep, header_unreadable, not_a_batch,
    batch_too_long.
    """
    content_type = headers.get("content-type", "")
    media_type = content_type.lower().partition(";")[0].strip()
    if not set(_charset(content_type.lower())) <= {"utf-8", "utf8"}:
        raise _unsupported(content_type)
    if media_type == STRUCTURED:
        return Given([body], False)
    if media_type == BATCH:
        return Given(_batch(body), True)
    if media_type == BINARY and "ce-specversion" in headers:
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
    """Attributes from `ce-` headers (percent-encoded UTF-8), data from the body as it came."""
    event = {name[3:]: _value(name, value) for name, value in headers.items() if name.startswith("ce-")}
    event["datacontenttype"] = BINARY
    event.pop("data", None)  # what is no header of CloudEvents
    head = orjson_bytes(event)
    if not body:
        return head
    if len(body) <= limits.SUBMITTED_BYTES:  # else it is refused for that
        if nesting.exceeds(body, limits.NESTING_LEVELS):
            raise refusal("nested_too_deep", "/data", "nested", limit=limits.NESTING_LEVELS)
        _loaded(body, "/data")  # one value and nothing behind it: it can't add attributes
    return head[:-1] + b',"data":' + body + b"}"


def _loaded(text: bytes, pointer: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        said = {"error": error.msg, "line": error.lineno, "column": error.colno}
        raise refusal("not_json", pointer, f"{len(text)} bytes", **said) from None


def _value(name: str, text: str) -> str:
    if quoted := _quoted(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    try:
        if text.isascii():
            return unquote(text, errors="strict")
    except UnicodeDecodeError:
        pass
    raise refusal("header_unreadable", pointer_to(name[3:]), NOT_SHOWN, name=named(name))
