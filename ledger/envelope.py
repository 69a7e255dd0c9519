"""The CloudEvents 1.0 envelope of a stored event (structured JSON), and who an event is.

Identity is (partition, source, id). A repeat carries the same content (subject, type, time and data as
sealed); the same identity with other content is somebody's mistake and is called `id_reused`.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from ledger.fields import Name, Time

STRUCTURED, BATCH, BINARY = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
"""The media types of an event, of several, and of data whose attributes stand in headers."""
Identifier = Annotated[str, Meta(min_length=1, max_length=200)]


class Envelope(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What stands around the data. Optional attributes are the registered extensions of CloudEvents."""

    specversion: Literal["1.0"]
    id: Identifier
    source: Identifier
    type: Name
    subject: Identifier
    time: Time
    dataschema: Name
    authid: Identifier
    data: Raw
    datacontenttype: Literal["application/json"] = "application/json"
    authtype: Name | None = None
    correlationid: Name | None = None
    causationid: Name | None = None
    traceparent: Name | None = None


ATTRIBUTES = frozenset(Envelope.__struct_fields__)


def identity(source: str, id_: str) -> str:
    """128 bits of SHA-256 over source and id, as 32 hex digits: the key of the event index."""
    return sha256(f"{source}\0{id_}".encode()).hexdigest()[:32]


def content_hash(subject: str, type_: str, time: datetime, data: Raw) -> str:
    """SHA-256 over subject, type, time and data as sealed, as 64 hex digits; `time` in UTC."""
    head = f"{subject}\0{type_}\0{time.isoformat()}\0".encode()
    return sha256(head + data).hexdigest()
