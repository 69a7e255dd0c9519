"""AsyncAPI 3.0 of the two topics: where a publisher may write, and the ledger, which auditors may read."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import ledger.events  # noqa: F401 - fills the registry
from ledger import limits
from ledger.contract import json_schema, messages
from ledger.contract.messages import ref
from ledger.envelope import STRUCTURED
from ledger.event import kinds
from ledger.topics import INTAKE, INTAKE_PARTITIONS, LEDGER, PARTITIONS

_DAY_MS = 24 * 60 * 60 * 1000
_ABOUT = f"""\
事件以 CloudEvents 1.0 写入 {INTAKE}，查验、密封之后进入账本 {LEDGER}；退回的进入隔离区。HTTP 入口见 openapi.json。

Publishers write CloudEvents 1.0 to {INTAKE}. What is sound is sealed and goes to the ledger, {LEDGER};
what is not goes to quarantine with its reason. The same source and id count once, so sending again is always safe.
A publisher that wants its answer at once uses HTTP instead: openapi.json.

What no schema can say: at most {limits.SUBMITTED_BYTES // 1024} KiB an event, times from {limits.EARLIEST.year} to \
{limits.LATEST.year - 1} and not over 23 h ahead,
ids that are no phone or identity numbers.
"""
_SECURITY = """\
每条记录的 authorization 头须带发布方密钥，查验后即丢弃。

Every record carries the publisher's key in its header `authorization`, because Kafka does not tell a consumer who wrote
a record. The key says which sources, types and places are granted; it is dropped before anything is kept. Records lie
here in plain text until they are taken: let publishers write to this topic and nobody but the intake read it (ACLs of
the broker, TLS).
"""
_READ_ONLY = """\
只供审计读取，只有本系统写入。

For auditors, to read: our writer alone writes here, and a record by anybody else ends in quarantine. Kept for ever, in
order within a subject. Personal fields are sealed under the key of their owner.
"""


def asyncapi() -> dict[str, Any]:
    """The document as plain data."""
    schemas = {messages.name_of(kind): _embedded(json_schema.schema_of(kind)) for kind in kinds.values()}
    submitted = messages.submitted()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:shanzhi:governance",
        "info": {
            "title": "善治 · shanzhi",
            "version": version("shanzhi"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "servers": {"kafka": _server()},
        "channels": {"intake": _intake(submitted), "ledger": _ledger()},
        "operations": _operations(),
        "components": {
            "schemas": schemas | {"recorded": json_schema.recorded()},
            "messages": submitted | {"recorded": messages.recorded()},
            "messageTraits": messages.traits(),
        },
    }


def _server() -> dict[str, Any]:
    address = {"default": "127.0.0.1:9092", "description": "KAFKA_BOOTSTRAP, as `shanzhi environment` prints it"}
    return {"host": "{bootstrap}", "protocol": "kafka", "description": _SECURITY, "variables": {"bootstrap": address}}


def _intake(names: Iterable[str]) -> dict[str, Any]:
    settings = {"cleanup.policy": ["delete"], "retention.ms": 7 * _DAY_MS, "max.message.bytes": 1024 * 1024}
    return {
        "address": INTAKE,
        "title": "接入 · intake",
        "description": _SECURITY,
        "servers": [ref("servers/kafka")],
        "messages": {name: ref(f"components/messages/{name}") for name in names},
        "bindings": {"kafka": _topic(INTAKE, INTAKE_PARTITIONS, settings)},
    }


def _ledger() -> dict[str, Any]:
    return {
        "address": LEDGER,
        "title": "账本 · ledger",
        "description": _READ_ONLY,
        "servers": [ref("servers/kafka")],
        "messages": {"recorded": ref("components/messages/recorded")},
        "bindings": {"kafka": _topic(LEDGER, PARTITIONS, {"cleanup.policy": ["delete"], "retention.ms": -1})},
    }


def _operations() -> dict[str, Any]:
    return {
        "takeIn": {
            "action": "receive",
            "channel": ref("channels/intake"),
            "summary": "查验、密封、转入账本 · check, seal, and forward to the ledger",
        },
        "record": {
            "action": "send",
            "channel": ref("channels/ledger"),
            "summary": "记账 · append to the ledger, by our writer alone",
        },
    }


def _topic(name: str, partitions: int, settings: dict[str, Any]) -> dict[str, Any]:
    given = {"topic": name, "partitions": partitions, "topicConfiguration": settings}
    return given | {"bindingVersion": messages.KAFKA_BINDINGS}


def _embedded(schema: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to a document of its own; the messages have the examples."""
    return {name: value for name, value in schema.items() if name not in ("$schema", "$id", "examples")}
