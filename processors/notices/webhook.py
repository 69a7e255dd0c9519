"""Notices to a webhook: one signed POST each, with bounded time and tries.

The body is `{"id", "to", "about", "template", "words"}`; `X-Shanzhi-Signature: sha256=<hex>` is the HMAC-SHA256 of
its bytes under the shared secret, and `Idempotency-Key` the notice's id. Any 2xx takes it; 408, 429 and 5xx are tried
again.
"""

from __future__ import annotations

import hmac
import socket
import threading
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import orjson

from processors.notices.channel import NotDelivered, Notice

TIMEOUT_SECONDS = 5.0
TRIES = 3
_AGAIN_SECONDS = 0.5
_PASSING = {408, 429}


class Webhook:
    """A channel to `url` (http or https). Thread-safe. `again_seconds` is the rest between two tries.

    No redirect is followed: a signed body goes where it was meant to go and nowhere else.
    """

    name = "webhook"

    def __init__(self, url: str, secret: bytes, again_seconds: float = _AGAIN_SECONDS) -> None:
        self._parts, self._secret, self._again_seconds = urlsplit(url), secret, again_seconds

    def deliver(self, notice: Notice) -> None:
        """At most `TRIES` times `TIMEOUT_SECONDS`. Raises `NotDelivered` with the status or what went wrong."""
        body = orjson.dumps({**notice._asdict(), "words": notice.words})
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notice.id,
            "X-Shanzhi-Signature": signature(self._secret, body),
        }
        for number in range(TRIES):
            if number:
                time.sleep(self._again_seconds * number)
            reason, is_passing = self._try(body, headers)
            if reason is None:
                return
            if not is_passing:
                break
        raise NotDelivered(reason)

    def _try(self, body: bytes, headers: dict[str, str]) -> tuple[str | None, bool]:
        """Why it was not taken, and whether it may be the next time."""
        path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        with closing(self._connection()) as connection:
            cut = threading.Timer(TIMEOUT_SECONDS, _cut, (connection,))
            cut.daemon = True
            cut.start()
            try:
                connection.request("POST", path, body, headers)
                status = connection.getresponse().status
            except (HTTPException, OSError) as error:
                return f"no answer ({type(error).__name__})", True
            finally:
                cut.cancel()
        return (None, False) if 200 <= status < 300 else (f"status {status}", status in _PASSING or status >= 500)

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT_SECONDS)


def _cut(connection: HTTPConnection) -> None:
    """The time is over, also for who sends a byte now and then: a socket's own timeout begins anew with each."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def signature(secret: bytes, body: bytes) -> str:
    """`sha256=<hex>`, as receivers compute it."""
    return f"sha256={hmac.new(secret, body, 'sha256').hexdigest()}"
