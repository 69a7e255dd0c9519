"""The one error of the embedded stack: what happened, the values, and the next step."""

from __future__ import annotations

from ledger.errors import ShanzhiError


class StackError(ShanzhiError):
    """The embedded Kafka or PostgreSQL can't do what was asked."""

    exit_code = 10
