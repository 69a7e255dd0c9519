"""`/api/v1/models`: the list of read models, and the answer of each."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from projections import read
from readers.api.access import OPEN
from readers.api.bodies import row_type
from readers.api.cursor import digest
from readers.api.options import options_of
from readers.api.problems import Problem
from readers.api.question import Question, model_of, question_of
from readers.api.service import Api, api_of, guarded
from readers.api.viewer import viewer_of

router = APIRouter(include_in_schema=False)
_takes_gzip = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?:1|0\.0*[1-9]\d*)\s*)?(?:,|$)").search


@router.get("/api/v1/models")
@guarded
async def models(request: Request) -> Response:
    """Every read model with its title, options and columns, and whether it is for everybody."""
    text = msgspec.json.encode([_told(model) for model in read.read_models().values()])
    headers = {"ETag": f'"{digest(text.decode())}"', "Cache-Control": "no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(text, 200, headers, "application/json")


@router.get("/api/v1/models/{name}")
@guarded
async def model(request: Request, name: str) -> Response:
    """The answer of a read model."""
    api = api_of(request)
    question = question_of(model_of(name), request.query_params.multi_items(), request.headers.get("accept", ""))
    viewer = await viewer_of(request, api.parties)
    await _until_held(api, question)
    known_tags = request.headers.get("if-none-match", "")
    gzipped = bool(_takes_gzip(request.headers.get("accept-encoding", "")))
    reply = await api.aside(lambda: api.answers.reply(question, viewer, known_tags, gzipped=gzipped))
    if reply.body is None:
        return Response(None, 304, reply.headers)
    return Response(reply.body, 200, reply.headers, reply.media_type)


async def _until_held(api: Api, question: Question) -> None:
    """Waits for what the tables are to hold. Raises `Problem` where they don't in time, or never will."""
    if not question.after or await api.changes.reach(question.after, question.wait_seconds):
        return
    places = ",".join(f"{partition}:{offset}" for partition, offset in question.after)
    ends = api.freshness.ends.bounds()
    if ends and any(offset >= ends[partition] for partition, offset in question.after):
        raise Problem(
            "not-found", f"总账没有 {places} · the ledger holds no {places}",
            "用发布时的回执 · Give the receipt that came when it was published.",
        )  # fmt: skip
    raise Problem(
        "not-there-yet",
        f"等了 {question.wait_seconds:g} 秒，表中还没有 {places} · not there after {question.wait_seconds:g} s",
        "稍后再问，或把 wait 加大 · Ask again, or wait longer.",
    )  # fmt: skip


def _told(model: read.ReadModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "kind": type(model).__name__.lower(),
        "is_open": model.name in OPEN,
        "address": f"/api/v1/models/{model.name}",
        "options": [
            {"name": one.name, "kind": one.kind, "about": one.about, "choices": one.choices}
            for one in options_of(model).values()
        ],
        "columns": row_type(model, {}).titles,
    }
