"""The messages of the AsyncAPI document: every version of a type in both modes of CloudEvents over Kafka."""

from __future__ import annotations

from typing import Any

from ledger.contract import json_schema
from ledger.describe import sample_event
from ledger.envelope import BINARY, STRUCTURED
from ledger.event import EventKind, kinds

KAFKA_BINDINGS = "0.5.0"
_KEY = "Bearer shz_" + "x" * 43
_NO_HEADERS = ("data", "datacontenttype")
_ANY_KEY = {"type": ["string", "null"], "description": "anything, by any partitioner: it is given the right one later"}


def submitted() -> dict[str, dict[str, Any]]:
    """What publishers write: `case.rated.1` in structured mode, `case.rated.1.binary` in binary mode."""
    structured = {name_of(kind): _structured(kind) for kind in kinds.values()}
    return structured | {f"{name_of(kind)}.binary": _binary(kind) for kind in kinds.values()}


def traits() -> dict[str, dict[str, Any]]:
    """The headers of either mode."""
    return {"structured": _structured_trait(), "binary": _binary_trait()}


def recorded() -> dict[str, Any]:
    """Any record of the ledger."""
    return {
        "name": "recorded",
        "title": "账本记录",
        "summary": "An event as the ledger holds it: structured CloudEvents JSON, personal fields sealed.",
        "contentType": STRUCTURED,
        "payload": ref("components/schemas/recorded"),
        "bindings": _record_key({"type": "string", "description": "the event's subject, placed by murmur2"}),
    }


def name_of(kind: EventKind) -> str:
    """`case.rated.1`: the key of schemas and messages."""
    return f"{kind.type}.{kind.version}"


def ref(path: str) -> dict[str, str]:
    """A reference within the document."""
    return {"$ref": f"#/{path}"}


def _structured(kind: EventKind) -> dict[str, Any]:
    sample = {"headers": {"content-type": STRUCTURED, "authorization": _KEY}, "payload": sample_event(kind)}
    return {
        **_message(kind, "the whole event in the value"),
        "contentType": STRUCTURED,
        "payload": ref(f"components/schemas/{name_of(kind)}"),
        "traits": [ref("components/messageTraits/structured")],
        "examples": [{"name": "sample", **sample}],
    }


def _binary(kind: EventKind) -> dict[str, Any]:
    schema, sample = json_schema.schema_of(kind), sample_event(kind)
    attributes = {f"ce_{name}": value for name, value in sample.items() if name != "data"}
    said = {f"ce_{name}": schema["properties"][name] for name in ("type", "dataschema", "subject")}
    headers = {"content-type": BINARY, "authorization": _KEY, **attributes}
    return {
        **_message(kind, "data in the value, attributes in headers"),
        "contentType": BINARY,
        "headers": {"type": "object", "properties": said},
        "payload": ref(f"components/schemas/{name_of(kind)}/properties/data"),
        "traits": [ref("components/messageTraits/binary")],
        "examples": [{"name": "sample", "headers": headers, "payload": sample["data"]}],
    }


def _message(kind: EventKind, mode: str) -> dict[str, Any]:
    return {
        "name": kind.type,
        "title": kind.term,
        "summary": f"{kind.summary} CloudEvents, {mode}.",
        "tags": [{"name": kind.family}],
    }


def _structured_trait() -> dict[str, Any]:
    headers = {"content-type": {"type": "string", "const": STRUCTURED}, "authorization": _authorization()}
    return {
        "headers": {"type": "object", "required": list(headers), "properties": headers},
        "bindings": _record_key(_ANY_KEY),
    }


def _binary_trait() -> dict[str, Any]:
    attributes = json_schema.components()["CloudEvent"]
    properties = {f"ce_{name}": one for name, one in attributes["properties"].items() if name not in _NO_HEADERS}
    required = [f"ce_{name}" for name in attributes["required"] if name not in _NO_HEADERS]
    known = {"content-type": {"type": "string", "const": BINARY}, "authorization": _authorization()}
    return {
        "headers": {"type": "object", "required": [*known, *required], "properties": known | properties},
        "bindings": _record_key(_ANY_KEY),
    }


def _record_key(schema: dict[str, Any]) -> dict[str, Any]:
    return {"kafka": {"key": schema, "bindingVersion": KAFKA_BINDINGS}}


def _authorization() -> dict[str, Any]:
    pattern = "^Bearer shz_[A-Za-z0-9_-]{43}$"
    return {"type": "string", "pattern": pattern, "description": "the publisher's key; dropped before anything is kept"}
