"""What OpenAPI says of the gateway. The schemas of single types stand in the catalogue, at `/catalogue/{type}.json`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ledger import limits
from ledger.contract.json_schema import components
from ledger.envelope import BATCH, BINARY, STRUCTURED
from ledger.event import latest
from ledger.fields import SUBJECT_PATTERN
from producers.gateway.body import BODY_BYTES
from producers.gateway.modes import BATCH_EVENTS

_ABOUT = f"""\
事件以 CloudEvents 1.0 发布，账本确认之后才答复回执。同一来源、同一编号只计一次，所以任何时候都可以原样重发。

Events are CloudEvents 1.0, answered with a receipt only after the ledger has acknowledged. The same source and id
count once, so sending again is always safe: after 503, 408 and 429 (wait for Retry-After), and a broken connection.
At most {BATCH_EVENTS} events and {BODY_BYTES // 1024**2} MiB a request, {limits.SUBMITTED_BYTES // 1024} KiB an event.
"""
OF_THE_APP: dict[str, Any] = {
    "title": "善治 · shanzhi gateway",
    "description": _ABOUT,
    "version": version("shanzhi"),
    "docs_url": None,  # FastAPI's pages load scripts from other hosts
    "redoc_url": None,
    "redirect_slashes": False,  # a redirect loses the body of a POST, and would repeat whatever host was asked
}


def _name(most: int = limits.NAME_CHARACTERS, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, **more}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


_SUBJECT = SUBJECT_PATTERN.replace(r"\Z", "$")
_ATTRIBUTES: dict[str, Any] = {
    "id": _name(description="发布方自定，一事一号 · the publisher's own, one an event"),
    "source": _name(description="已登记的来源 · one of the publisher's registered sources"),
    "type": {"enum": sorted(latest), "description": "见 /catalogue · see /catalogue"},
    "subject": _name(pattern=_SUBJECT),
    "time": {"type": "string", "format": "date-time", "description": "带时区 · with a zone"},
    "authid": _name(description="谁做的，不透明编号 · who did it, an opaque id"),
    "dataschema": _name(description="urn:shanzhi:<type>:<version>"),
    "authtype": _name(),
    "correlationid": _name(),
    "causationid": _name(),
    "traceparent": _name(),
}
_REFUSAL = "code pointer value rule rule_zh remedy remedy_zh"
_PLACE: dict[str, Any] = {
    "partition": {"type": "integer", "minimum": 0, "maximum": 11},
    "offset": {"type": "integer", "minimum": 0, "maximum": 2**53},  # what every language can count
}
SCHEMAS: dict[str, Any] = {
    **components(),
    "Receipt": _object(
        "id source partition offset status",
        id={"type": "string"},
        source={"type": "string"},
        **_PLACE,
        status={"enum": ["accepted", "repeat"]},
        applied={"type": "boolean", "description": "只在 wait 时给出 · with ?wait= only"},
    ),
    "Problem": _object(
        "type title status detail",
        type={"type": "string"},
        title={"type": "string"},
        status={"type": "integer"},
        detail={"type": "string", "description": "中文 · English"},
        errors={"type": "array", "items": {"$ref": "#/components/schemas/Refusal"}},
    ),
    "Refusal": _object(
        _REFUSAL,
        **{name: {"type": "string"} for name in _REFUSAL.split()},
    ),
    "Result": _object(
        "status",
        status={"type": "integer"},
        receipt={"$ref": "#/components/schemas/Receipt"},
        problem={"$ref": "#/components/schemas/Problem"},
    ),
    "Results": _object("results", results={"type": "array", "items": {"$ref": "#/components/schemas/Result"}}),
    "Previewed": _object(
        "valid",
        valid={"type": "boolean"},
        outcome={"enum": ["new", "repeat", "id_reused", "quarantined"]},
        is_late={"type": "boolean", "description": "事后 24 小时以上才记录 · recorded over 24 h after it happened"},
        anomaly={"type": ["string", "null"]},
        cells={"type": "array", "items": {"type": "object"}},
        problem={"$ref": "#/components/schemas/Problem"},
    ),
    "Standing": _object(
        "status partition offset",
        status={"enum": ["accepted", "repeat", "quarantined"]},
        **_PLACE,
        applied={"type": "boolean"},
        topic={"enum": ["ledger", "intake"]},
        reason={"type": "string"},
    ),
    "External": _object(
        "system number subject step is_open status note discovered_at updated_at",
        system=_name(),
        number=_name(),
        subject={"type": "string"},
        step={"type": "string", "description": "如 whistled, handled, merged · how far it has come"},
        is_open={"type": "boolean"},
        status={"enum": ["open", "closed"]},
        note={"type": "string", "description": "中文 · English"},
        resolved={"type": ["boolean", "null"]},
        satisfaction={"enum": ["satisfied", "fairly", "dissatisfied", None]},
        merged_into={"type": ["string", "null"]},
        **{name: {"type": "string", "format": "date-time"} for name in ("discovered_at", "updated_at")},
        **{name: {"type": ["string", "null"], "format": "date-time"} for name in ("handle_due", "handled_at")},
    ),
    "Externals": _object(
        "results next",
        results={"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/External"}},
        next={"type": ["string", "null"], "description": "再问时写入 after · goes into `after` for the rest"},
    ),
    "Photo": _object(
        "id media_type bytes fingerprint",
        id={"type": "string"},
        media_type={"type": "string"},
        bytes={"type": "integer"},
        fingerprint={"type": "string"},
    ),
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, *schemas: dict[str, Any]) -> dict[str, Any]:
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": list(schemas)}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problems(**described: str) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    answers: dict[int | str, dict[str, Any]] = {}
    for status, text in described.items():
        number = int(status.strip("_"))
        answers[number] = {"description": text, "content": content}
        if number in (429, 503):
            answers[number]["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
    return answers


def _parameter(name: str, where: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": schema}


_WAIT = _parameter("wait", "query", {"type": "string", "pattern": r"^\d{1,6}(\.\d{1,3})?(ms|s)$"})
_COMMON = _problems(
    _400="请求有误 · the request makes no sense",
    _401="密钥无效 · no valid key",
    _403="未授权该来源、类型或地点 · the source, type or place is not this publisher's",
    _408="请求过慢 · the body came too slowly",
    _429="发送过快 · too fast; Retry-After says when",
    _503="结果未知或暂不可用，请重发 · unknown or not ready: send again",
)
_TOO_MUCH = _problems(
    _413="过大 · too much",
    _415="内容类型不支持 · content-type or encoding not taken",
    _422="事件被退回 · refused: field, value, rule and remedy",
)
_SECURITY: dict[str, Any] = {"security": [{"publisherKey": []}]}
_PREVIEWED_LIST = {"type": "array", "items": _ref("Previewed")}
OF_EVENTS: dict[str, Any] = {
    "summary": "发布事件 · publish events",
    "operation_id": "publish_events",
    "status_code": 201,
    "responses": {
        200: _answer(
            "重复，或整批接受，或试算 · a repeat, a whole batch, a dry run",
            {"anyOf": [_ref("Receipt"), _ref("Results"), _ref("Previewed"), _PREVIEWED_LIST]},
        ),
        201: _answer("已入账 · acknowledged by the ledger", _ref("Receipt")),
        207: _answer("部分被退回 · some were refused", _ref("Results")),
        409: _problems(_409="编号已被另一事件使用 · the id is another event's")[409],
        **_COMMON,
        **_TOO_MUCH,
    },
    "openapi_extra": {
        **_SECURITY,
        "parameters": [
            _parameter("dry_run", "query", {"enum": ["true", "false"]}),
            _WAIT,
            *(_parameter(f"ce-{name}", "header", schema) for name, schema in _ATTRIBUTES.items()),
            _parameter("ce-specversion", "header", {"const": "1.0"}),
        ],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": _ref("CloudEvent")},
                BATCH: {"schema": {"type": "array", "maxItems": BATCH_EVENTS, "items": _ref("CloudEvent")}},
                BINARY: {"schema": {"type": "object", "description": "属性在 ce- 头 · attributes in ce- headers"}},
            },
        },
    },
}
OF_RECEIPTS: dict[str, Any] = {
    "summary": "查回执 · what became of an event",
    "operation_id": "find_receipt",
    "responses": {
        200: _answer("找到了 · found", _ref("Standing")),
        404: _problems(_404="没有收到或尚未入表 · not received, or not indexed yet")[404],
        **_COMMON,
    },
    "openapi_extra": {
        **_SECURITY,
        "parameters": [
            _parameter("source", "query", _name(), required=True),
            _parameter("id", "query", _name(), required=True),
            _parameter("partition", "query", _PLACE["partition"]),
            _parameter("offset", "query", _PLACE["offset"]),
            _WAIT,
        ],
    },
}
OF_PHOTOS: dict[str, Any] = {
    "summary": "存照片（去除元数据后密封）· keep a photo, without its metadata, sealed",
    "operation_id": "keep_photo",
    "status_code": 201,
    "responses": {
        201: _answer("写入事件的 photos · goes into an event's photos", _ref("Photo")),
        **_COMMON,
        **_TOO_MUCH,
    },
    "openapi_extra": {
        **_SECURITY,
        "parameters": [_parameter("owner", "query", _name(pattern=_SUBJECT), required=True)],
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/jpeg", "image/png", "image/webp")
            },
        },
    },
}
_SYSTEM = _parameter("system", "path", _name(), required=True)
OF_EXTERNAL: dict[str, Any] = {
    "summary": "按对方系统查状态与结果 · status and result of a system's cases, one's own sources only",
    "operation_id": "list_external",
    "responses": {200: _answer("按编号排列 · in the order of its numbers", _ref("Externals")), **_COMMON},
    "openapi_extra": {**_SECURITY, "parameters": [_SYSTEM, _parameter("after", "query", {"type": "string"})]},
}
OF_EXTERNAL_NUMBER: dict[str, Any] = {
    "summary": "按对方编号查状态与结果 · status and result by a number elsewhere, one's own sources only",
    "operation_id": "find_external",
    "responses": {
        200: _answer("找到了 · found", _ref("Externals")),
        404: _problems(_404="没有报过此编号或尚未入表 · nothing told under it, or not yet")[404],
        **_COMMON,
    },
    "openapi_extra": {
        **_SECURITY,
        "parameters": [_SYSTEM, _parameter("number", "path", _name(), required=True)],
    },
}


def completed(app: FastAPI) -> dict[str, Any]:
    """The document, with our schemas and how a key is given; made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=app.openapi_version,
            description=app.description,
            routes=app.routes,
        )
        key = {"type": "http", "scheme": "bearer", "description": "shanzhi publisher add"}
        made["components"] = {"schemas": SCHEMAS, "securitySchemes": {"publisherKey": key}}
        app.openapi_schema = made
    return app.openapi_schema
