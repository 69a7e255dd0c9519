"""Headers of every answer: nothing from elsewhere is loaded, framed or sniffed, and addresses are told to nobody."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from readers.accounts.cookies import is_https

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # ECharts draws its icons so
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
HTTPS_ALONE = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""Where a browser came by https: it is not to come otherwise any more."""


class SafeHeaders:
    """An ASGI middleware that adds them where an answer has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | (HTTPS_ALONE if is_https(Request(scope)) else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
