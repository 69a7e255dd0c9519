"""The one error of the embedded stack: what happened, the values, and the next step."""

from __future__ import annotations


class StackError(RuntimeError):
    """The embedded Kafka or PostgreSQL can't do what was asked; the message names the remedy."""
