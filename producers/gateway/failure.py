"""What is told of an error: to the log, where it was and of which kind, since its message may quote an event; to
whoever asked, which server is away, and not where it is."""

from __future__ import annotations

import threading
import time
import traceback

import structlog

from ledger.errors import OutcomeUnknown

AGAIN_SECONDS = 5.0  # a server that is away fails every request: the log has one line of it in so many seconds
log = structlog.get_logger("shanzhi.gateway")
_lock = threading.Lock()
_quiet_until: dict[str, float] = {}  # by kind of error: few


def where(error: BaseException) -> dict[str, str]:
    """For a log line: the error's type, and the frames that it came through."""
    return {"error": type(error).__name__, "frames": "".join(traceback.format_tb(error.__traceback__))}


def outside(error: OutcomeUnknown) -> str:
    """What a caller is told. The detail goes to the log."""
    if error.detail and _is_due(error.outside):
        log.warning("away", what=error.what)
    return error.outside


def _is_due(kind: str) -> bool:
    now = time.monotonic()
    with _lock:
        if now < _quiet_until.get(kind, 0.0):
            return False
        _quiet_until[kind] = now + AGAIN_SECONDS
        return True
