"""The routes of the read API beside those of the read models: explanations, changes, the document."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from readers.api import models
from readers.api.document import document
from readers.api.explaining import asked_of
from readers.api.service import api_of, guarded, life
from readers.api.viewer import viewer_of

router = APIRouter(include_in_schema=False, lifespan=life)
router.include_router(models.router)
_STREAMED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/api/v1/explain")
@guarded
async def explained(request: Request) -> Response:
    """A figure opened."""
    api = api_of(request)
    asked = asked_of(request.query_params.multi_items())
    viewer = await viewer_of(request, api.parties)
    text = await api.aside(lambda: api.explaining.explanation(asked, viewer))
    return Response(text, 200, {"Cache-Control": "private, no-store"}, "application/json")


@router.get("/api/v1/changes")
@guarded
async def changes(request: Request) -> Response:
    """Server-sent events: what moved, as it moves."""
    told = api_of(request).changes
    told.assert_room()
    messages = told.messages(request.headers.get("last-event-id", ""))
    return StreamingResponse(messages, headers=_STREAMED, media_type="text/event-stream")


@router.get("/api/v1/openapi.json")
async def openapi() -> Response:
    """The document of this API."""
    return Response(document(), media_type="application/json")
