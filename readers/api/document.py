"""OpenAPI 3.1 of the read API: a path for each read model, with its own options and rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import orjson

from projections import read
from readers.api import schemas
from readers.api.access import OPEN
from readers.api.explaining import FIGURES
from readers.api.options import PERIOD, options_of
from readers.api.problems import MEDIA_TYPE
from readers.api.question import LIMIT, MOST_ROWS, WAIT_AT_MOST_SECONDS

_ABOUT = f"""\
表是总账折算的结果；每个回答都说明出自哪一代、哪个位置、哪个时刻、哪一版规则，以及新鲜度和漏报。汇总人人可看；台账和按人的表
需要登录或发布方密钥，并限于其范围。

Answers are folded from the ledger; each says of which generation, position, time and rules it is, how fresh it is and
how many publishers have fallen silent. Sums are for everybody; books and people need a login or a publisher's key, and
lie within its scope. At most {MOST_ROWS} rows a page, {read.MOST_ROWS} rows in all: narrow by period for more.
An `ETag` holds as long as nothing has changed; ask again with `If-None-Match`.
"""
_PROBLEMS = {
    400: "问题有误 · the question makes no sense",
    401: "需要登录或密钥 · a login or a key is needed",
    403: "超出范围 · outside of the scope",
    404: "没有这张表或这条记录 · no such read model or record",
    410: "分页已过期 · these pages are gone",
    413: "范围太大 · too large to be answered here",
    503: "暂不可用，或表中还没有该记录；请再问 · not ready, or not there yet: ask again",
}
_BOTH: list[dict[str, list[str]]] = [{"login": []}, {"publisherKey": []}]
_HEADERS = {
    "ETag": "不变则不变 · the same as long as the answer is",
    "Link": '下一页 · the next page: <…>; rel="next"',
    "Shanzhi-Generation": "哪一代表 · which tables",
    "Shanzhi-Position": "总账位置，分区 0 在前 · next offset of each partition, partition 0 first",
    "Shanzhi-As-Of": "时刻 · as of when",
    "Shanzhi-Period": "时段 · which days",
    "Shanzhi-Rules": "规则与版本 · rules with their versions",
    "Shanzhi-Lag-Records": "未折算的记录数 · records that the tables lack",
}


@cache
def document() -> bytes:
    """The document as it is served."""
    return orjson.dumps(openapi())


def openapi() -> dict[str, Any]:
    """The document as plain data."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "善治 · shanzhi read API", "version": version("shanzhi"), "description": _ABOUT},
        "paths": {
            "/api/v1/models": {"get": _models()},
            **{f"/api/v1/models/{one.name}": {"get": _model(one)} for one in read.read_models().values()},
            "/api/v1/explain": {"get": _explain()},
            "/api/v1/changes": {"get": _changes()},
        },
        "components": {
            "schemas": schemas.components(),
            "parameters": {**schemas.shared_options(), **_of_the_answer()},
            "responses": {f"Problem{status}": _problem(told) for status, told in _PROBLEMS.items()},
            "headers": {name: {"description": told, "schema": {"type": "string"}} for name, told in _HEADERS.items()},
            "securitySchemes": {
                "login": {"type": "apiKey", "in": "cookie", "name": "session"},
                "publisherKey": {"type": "http", "scheme": "bearer", "description": "shanzhi publisher add"},
            },
        },
    }


def _models() -> dict[str, Any]:
    return {
        "operationId": "list_models",
        "summary": "全部表 · every read model",
        "security": [],
        "responses": {
            "200": _json(
                "名称、选项、列 · names, options, columns", {"type": "array", "items": schemas.ref("ReadModel")}
            ),
            "304": {"description": "未变 · you have it already"},
        },
    }


def _model(model: read.ReadModel) -> dict[str, Any]:
    told = "人人可看 · for everybody" if model.name in OPEN else "需登录或密钥，限于范围 · within a scope"
    answer = _json(told, schemas.answer_of(model))
    answer["content"]["text/csv"] = {"schema": {"type": "string"}}
    answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    return {
        "operationId": f"ask_{model.name.replace('-', '_')}",
        "summary": model.title,
        "security": [{}, *_BOTH] if model.name in OPEN else _BOTH,
        "parameters": [
            *(schemas.parameter_of(option) for option in options_of(model).values()),
            *({"$ref": f"#/components/parameters/{name}"} for name in _of_the_answer()),
        ],
        "responses": {
            "200": answer,
            "304": {"description": "未变 · you have it already"},
            **_refusals(400, 401, 403, 404, 410, 503),
        },
    }


def _explain() -> dict[str, Any]:
    text = schemas.TEXT
    asked = {
        "figure": (
            {"enum": list(FIGURES)},
            "得分、三率、网格、个人，或统计格 · a score, rates, a grid, a person, or a cell",
        ),
        "subject": ({"type": "string", "pattern": schemas.SUBJECT}, "单位、地点或人员 · a unit, place or person"),
        "period": ({"type": "string", "pattern": PERIOD}, "时段 · which days"),
        "tally": (text, "统计表 · the tally of a cell, like case_day"),
        "key": ({"type": "array", "items": text, "maxItems": 8}, "列=值，每列一次 · column=value, once for each"),
        "measure": (text, "只看一项 · one measure only"),
    }
    return {
        "operationId": "explain",
        "summary": "解释一个数字并从总账重算 · a figure, opened and computed anew",
        "security": _BOTH,
        "parameters": [
            {"name": name, "in": "query", "required": name == "figure", "schema": schema, "description": told}
            for name, (schema, told) in asked.items()
        ],
        "responses": {
            "200": _json("构成、规则、来源、事件 · terms, rules, entities, events", schemas.ref("Explanation")),
            **_refusals(400, 401, 403, 413, 503),
        },
    }


def _changes() -> dict[str, Any]:
    return {
        "operationId": "changes",
        "summary": "变动（服务器推送）· what changes, as it changes",
        "description": "事件 change 的 id 是位置向量；断线后带 Last-Event-ID 续上。事件 beat 每 5 秒一次。 · "
        "The id of a `change` is the position vector: a client that comes back with Last-Event-ID is told all that "
        "moved meanwhile. A `beat` comes after 5 s without a change.",
        "security": [],
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "schema": {"type": "string"},
                "description": "上次的 id · the last id",
            }
        ],
        "responses": {
            "200": {
                "description": "不断 · without end",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **_refusals(503),
        },
    }


def _of_the_answer() -> dict[str, dict[str, Any]]:
    seconds = f"{WAIT_AT_MOST_SECONDS:.0f}s"
    told: Mapping[str, tuple[dict[str, Any], str]] = {
        "limit": ({"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": LIMIT}, "每页行数 · rows a page"),
        "cursor": (
            {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,2000}$"},
            "从这里继续 · where to go on; `next` of a page holds it",
        ),
        "format": ({"enum": ["json", "csv"], "default": "json"}, "也可用 Accept: text/csv · or by Accept: text/csv"),
        "after": (
            {"type": "string", "pattern": r"^([0-9]|1[01]):\d{1,15}$"},
            "回执 分区:位置，等表折算到它 · a receipt: the tables are to hold it; the gateway's JSON will do too",
        ),
        "wait": (
            {"type": "string", "pattern": r"^\d{1,3}(ms|s)$", "default": "2s"},
            f"最多等多久 · how long to wait for `after`, {seconds} at most",
        ),
    }
    return {
        name: {"name": name, "in": "query", "schema": schema, "description": about}
        for name, (schema, about) in told.items()
    }


def _json(told: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": told, "content": {"application/json": {"schema": schema}}}


def _problem(told: str) -> dict[str, Any]:
    return {"description": told, "content": {MEDIA_TYPE: {"schema": schemas.ref("Problem")}}}


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}
