"""What nobody expected: answered with 500, and told to the log without its message."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producers.gateway import problems
from producers.gateway.failure import where
from producers.gateway.problems import Problem

log = structlog.get_logger("shanzhi.gateway")


def problem(error: Exception) -> Problem:
    """What is answered, once the log knows where it was."""
    log.error("unexpected", **where(error))
    return problems.internal()


class Unexpected:
    """Around everything, as an ASGI middleware. Starlette's own handler answers too, but raises the error again, and
    then the server logs it with its message."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, and answers where that raised before anything was answered."""
        is_begun = False

        async def noticed(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            if scope["type"] != "http":
                raise
            last = problem(error).response()
            if not is_begun:  # else the server ends the connection in the middle of the answer
                await last(scope, receive, send)
