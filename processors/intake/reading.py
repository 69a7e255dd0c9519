"""Which event a record of Kafka is: CloudEvents 1.0 in structured or binary mode. Pure.

Structured: `content-type: application/cloudevents+json`, the value is the event. Binary: headers `ce_specversion`,
`ce_id`, …, `content-type: application/json`, the value is the data.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import orjson

from ledger.envelope import BINARY, STRUCTURED
from ledger.refusal import NOT_SHOWN, named, pointer_to, refuse
from processors.intake.arrival import Headers

_STRUCTURED = "application/cloudevents"
_ATTRIBUTE = "ce_"
_ACCEPTED = (STRUCTURED, BINARY)
_BEARER = b"bearer "


def bearer(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """The publisher's key: of the header `authorization`, the last where there are several."""
    found = None
    for name, value in headers:
        if name == "authorization" or name.lower() == "authorization":
            found = value
    if found is None or found[:7].lower() != _BEARER:
        return None
    return found[7:].decode("ascii", "replace")


def without_key(headers: Headers) -> Headers:
    """What may be kept of them."""
    return tuple((name, value) for name, value in headers if name.lower() != "authorization")


def event_of(headers: Headers, value: bytes | None) -> bytes:
    """The event as structured JSON, for `ledger.submission.check`. Raises `EventRefused` where there is none."""
    named = {name.lower(): value for name, value in headers}
    content_type = _media_type(named.get("content-type"))
    if content_type.startswith(_STRUCTURED):
        if content_type != _ACCEPTED[0]:
            refuse("unsupported_content_type", "", content_type, allowed=_ACCEPTED[0])
        return value or b""
    if "ce_specversion" not in named or content_type not in ("", _ACCEPTED[1]):
        refuse("unsupported_content_type", "", content_type or "none", allowed=" or ".join(_ACCEPTED))
    return _assembled(named, value)


def _media_type(text: bytes | None) -> str:
    """Without parameters; CloudEvents in JSON are UTF-8 in any case."""
    return (text or b"").decode("utf-8", "replace").partition(";")[0].strip().lower()[:100]


def _assembled(named: dict[str, bytes], value: bytes | None) -> bytes:
    """One object of the attributes in the headers and the data in the value."""
    attributes: dict[str, str] = {}
    for name, text in named.items():
        if name.startswith(_ATTRIBUTE):
            attributes[name.removeprefix(_ATTRIBUTE)] = _text(name, text)
    attributes.pop("data", None)
    head = orjson.dumps(attributes)
    if not value:
        return head
    try:
        msgspec.json.decode(value, type=msgspec.Raw)  # one value and nothing behind it: it can't add attributes
    except (msgspec.DecodeError, RecursionError):
        return value  # not JSON, or nested too deep: `check` says which
    return head[:-1] + b',"data":' + value + b"}"


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        refuse("header_unreadable", pointer_to(name.removeprefix(_ATTRIBUTE)), NOT_SHOWN, name=named(name))
