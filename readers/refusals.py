"""What a reader is told instead of an answer: log in first, not yours, not found, not now."""

from __future__ import annotations

from ledger.errors import ShanzhiError


class LoginNeeded(ShanzhiError):
    """Nobody is logged in, or the session has ended."""


class NotYours(ShanzhiError):
    """The login's roles don't reach so far."""


class NotFound(ShanzhiError):
    """There is no such thing, or none that the login may know of."""
