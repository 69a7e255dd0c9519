"""Headers of every answer: a browser loads nothing for it, frames it nowhere, and takes it for what it says it is."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = b"content-security-policy"
SAFE = (
    (_POLICY, b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class SafeHeaders:
    """Around everything, as an ASGI middleware. Pages of the catalogue bring all of them themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and all(name != _POLICY for name, _ in message["headers"]):
                message["headers"] = [*message["headers"], *SAFE]
            await send(message)

        await self._app(scope, receive, with_headers)
