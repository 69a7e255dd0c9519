"""What the routes of the API work with, from the start of the application to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from ledger.errors import ShanzhiError
from ledger.parties import Parties
from readers.api.answers import Answers
from readers.api.changes import Changes
from readers.api.explaining import Explaining
from readers.api.freshness import Freshness
from readers.api.problems import Problem, response_of
from readers.services import Services

SIDE_BY_SIDE = 6  # fewer than the connections that there are: pages come through too
WAITING = 300
T = TypeVar("T")


class Api:
    """Threads run between `start` and `close`."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.parties = Parties(services.database_url)
        self.freshness = Freshness(services.database_url, services.kafka_bootstrap)
        self.changes = Changes(services.database_url, self.freshness.of)
        self.answers = Answers(services.tables, self.freshness)
        self.explaining = Explaining(services)
        self._side = CapacityLimiter(SIDE_BY_SIDE)

    def start(self) -> None:
        """In the event loop."""
        self.freshness.start()
        self.changes.start()

    def close(self) -> None:
        """Ends threads and connections."""
        self.changes.close()
        self.freshness.stop()
        self.parties.close()

    async def aside(self, work: Callable[[], T]) -> T:
        """Work that blocks, in a thread. Raises `Problem` where too many wait already."""
        if self._side.statistics().tasks_waiting >= WAITING:
            raise Problem("crowded", "问的人太多 · too many ask at once", "稍后再问 · Ask again in a moment.")
        return await to_thread.run_sync(work, limiter=self._side)


@asynccontextmanager
async def life(app: Any) -> AsyncIterator[None]:
    """The API's part of an application's life; `app.state.services` is what it was made with."""
    api = app.state.api = Api(app.state.services)
    api.start()
    try:
        yield
    finally:
        await to_thread.run_sync(api.close)


def stop_streams(app: Any) -> None:
    """Ends what would not end by itself, so that the server can drain. In the event loop, as the signal comes."""
    if api := getattr(app.state, "api", None):
        api.changes.stop()


def api_of(request: Request) -> Api:
    """The API of the application that was asked."""
    found: Api = request.app.state.api
    return found


def guarded(endpoint: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """The endpoint with every foreseen error as a problem."""

    @wraps(endpoint)
    async def answer(*arguments: Any, **named: Any) -> Response:
        try:
            return await endpoint(*arguments, **named)
        except ShanzhiError as error:
            return response_of(error)

    return answer
