"""Notices to a webhook: one signed POST each, with bounded time and tries.

The body is `{"id", "to", "about", "template", "words"}`; `X-Shanzhi-Signature: sha256=<hex>` is the HMAC-SHA256 of
its bytes under the shared secret, and `Idempotency-Key` the notice's id. Any 2xx takes it; 408, 429 and 5xx are tried
again.
"""

from __future__ import annotations

import hmac
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson

from processors.notices.channel import NotDelivered, Notice

TIMEOUT_SECONDS = 5.0
TRIES = 3
_AGAIN_SECONDS = 0.5
_PASSING = {408, 429}


class _NoRedirects(HTTPRedirectHandler):
    """A signed body goes where it was meant to go and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Webhook:
    """A channel to `url` (http or https). Thread-safe. `again_seconds` is the rest between two tries."""

    name = "webhook"

    def __init__(self, url: str, secret: bytes, again_seconds: float = _AGAIN_SECONDS) -> None:
        self._url, self._secret, self._again_seconds = url, secret, again_seconds
        self._opener = build_opener(_NoRedirects)

    def deliver(self, notice: Notice) -> None:
        """At most `TRIES` times `TIMEOUT_SECONDS`. Raises `NotDelivered` with the status or what went wrong."""
        asked = self._request(notice)
        for number in range(TRIES):
            if number:
                time.sleep(self._again_seconds * number)
            reason, is_passing = self._try(asked)
            if reason is None:
                return
            if not is_passing:
                break
        raise NotDelivered(reason)

    def _request(self, notice: Notice) -> Request:
        body = orjson.dumps({**notice._asdict(), "words": notice.words})
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notice.id,
            "X-Shanzhi-Signature": signature(self._secret, body),
        }
        return Request(self._url, body, headers, method="POST")

    def _try(self, asked: Request) -> tuple[str | None, bool]:
        """Why it was not taken, and whether it may be the next time."""
        try:
            with self._opener.open(asked, timeout=TIMEOUT_SECONDS):
                return None, False
        except HTTPError as error:
            error.close()
            return f"status {error.code}", error.code in _PASSING or error.code >= 500
        except (URLError, HTTPException, OSError) as error:
            return f"no answer ({type(error).__name__})", True


def signature(secret: bytes, body: bytes) -> str:
    """`sha256=<hex>`, as receivers compute it."""
    return f"sha256={hmac.new(secret, body, 'sha256').hexdigest()}"
