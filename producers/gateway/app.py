"""The routes of the gateway, and what every one of them answers where something goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from producers.gateway import catalogue, description, unexpected
from producers.gateway.dry_run import side_of_dry_runs
from producers.gateway.external import External
from producers.gateway.guard import guarded
from producers.gateway.headers import SafeHeaders
from producers.gateway.photographs import Photographs, side_of_photos
from producers.gateway.problems import Problem
from producers.gateway.publishing import Publishing
from producers.gateway.rate import Rates
from producers.gateway.receipts import Standing
from producers.gateway.services import Services
from producers.gateway.waiting import Positions
from producers.open311.routes import Open311, side_of_reading

_UNROUTED = {
    404: ("not-found", "没有这个地址；接口见 /openapi.json。 · No such address; /openapi.json lists those that are."),
    405: ("method-not-allowed", "该地址不支持此方法；见 Allow 头。 · Not a method of this address; see Allow."),
}


def application(services: Services) -> FastAPI:
    """The ASGI application; its life begins and ends the front's thread."""
    positions = Positions(services.receipts)
    dry_runs, photos, reading = side_of_dry_runs(), side_of_photos(), side_of_reading()
    rates = Rates(time.monotonic)
    publishing = Publishing(services, positions, dry_runs, rates)
    standing = Standing(services, positions)
    photographs = Photographs(services, photos)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        services.front.start()
        yield
        for side in (dry_runs, photos, reading):
            side.close()
        await asyncio.to_thread(services.front.stop)

    app = FastAPI(lifespan=life, **description.OF_THE_APP)
    app.openapi = lambda: description.completed(app)  # type: ignore[method-assign]  # FastAPI's own way

    async def publish(request: Request) -> Response:
        return await publishing.answer(request)

    app.add_api_route("/events", guarded(publish, services), methods=["POST"], **description.OF_EVENTS)
    app.add_api_route("/receipts", guarded(standing.answer, services), methods=["GET"], **description.OF_RECEIPTS)
    app.add_api_route("/photos", guarded(photographs.keep, services), methods=["POST"], **description.OF_PHOTOS)
    _add_external(app, services, External(services, reading))
    for method, path, endpoint in Open311(services, positions, rates, reading).routes():
        app.add_api_route(path, endpoint, methods=[method], include_in_schema=False)
    _add_catalogue(app)
    _add_probes(app, services)
    _add_errors(app)
    return app


def _add_external(app: FastAPI, services: Services, external: External) -> None:
    for path, endpoint, described in (
        ("/external/{system}", external.of_system, description.OF_EXTERNAL),
        ("/external/{system}/{number:path}", external.of_number, description.OF_EXTERNAL_NUMBER),
    ):
        app.add_api_route(path, guarded(endpoint, services), methods=["GET"], **described)


def _add_catalogue(app: FastAPI) -> None:
    def shown(name: str) -> Response:
        page = catalogue.page(name)
        return Response(page.body, page.status, dict(catalogue.HEADERS), page.media_type)

    async def overview() -> Response:
        return shown("")

    async def one(name: str) -> Response:
        return shown(name)

    for path, endpoint in (("/catalogue", overview), ("/catalogue/{name}", one)):
        app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)


def _add_probes(app: FastAPI, services: Services) -> None:
    async def livez() -> Response:
        return PlainTextResponse("ok\n")

    async def readyz() -> Response:
        why_not = await asyncio.to_thread(services.ready)
        if why_not:
            return PlainTextResponse(f"not ready: {why_not}\n", 503)
        remark = services.remark()
        return PlainTextResponse(f"ready; {remark}\n" if remark else "ready\n")

    async def metrics() -> Response:
        text = await asyncio.to_thread(generate_latest, services.metrics.registry)  # it asks whether we are ready
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/livez", livez), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)


def _add_errors(app: FastAPI) -> None:
    async def http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        name, detail = _UNROUTED.get(error.status_code, ("question-refused", str(error.detail)))
        return Problem(name, error.status_code, detail, headers=error.headers or {}).response()

    app.add_exception_handler(HTTPException, http_error)
    app.add_middleware(unexpected.Unexpected)
    app.add_middleware(SafeHeaders)  # around that one: what it answers has them too
