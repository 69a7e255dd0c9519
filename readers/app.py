"""The routes of all readers, in one application; its life ends with its connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response

from ledger.errors import ShanzhiError
from readers import static_files
from readers.accounts import web as accounts
from readers.accounts.middleware import WithLogin
from readers.api import routes as api
from readers.auditing import web as auditing
from readers.bulletin import web as bulletin
from readers.entities import web as entities
from readers.errors import add_errors
from readers.forms import web as forms
from readers.headers import SafeHeaders
from readers.pages import entry, home
from readers.pages import web as pages
from readers.services import Services
from readers.wall import open_web as tables
from readers.wall import web as wall

ROUTERS = (
    api.router,
    accounts.router,
    home.router,
    forms.router,
    entities.router,
    pages.router,
    entry.router,
    auditing.router,
    bulletin.router,
    wall.router,
    tables.router,
)
_GZIP_BYTES = 1_000


def application(services: Services) -> FastAPI:
    """The ASGI application. Endpoints find `services` in `request.app.state`."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        services.tables.close()
        services.gateway.close()
        services.accounts.close()

    app = FastAPI(
        title="善治 · shanzhi read API",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # that of the read API is its own
        lifespan=life,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    static_files.mount(app)
    _add_probes(app, services)
    add_errors(app)
    app.add_middleware(WithLogin, services=services)
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_BYTES)
    app.add_middleware(SafeHeaders)
    return app


def _add_probes(app: FastAPI, services: Services) -> None:
    async def livez() -> Response:
        return PlainTextResponse("ok\n")

    def readyz() -> Response:
        try:
            generation = services.tables.standing().generation
        except ShanzhiError as error:
            return PlainTextResponse(f"not ready: {error.what}\n", 503)
        return PlainTextResponse(f"ready; {generation}\n")

    for path, endpoint in (("/livez", livez), ("/readyz", readyz)):
        app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)
