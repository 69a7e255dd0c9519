"""notice 通知: what was sent to workers, liaisons and residents, and what did not arrive."""

from __future__ import annotations

from ledger.event import Event
from ledger.fields import Name, Reference, Text


class NoticeSent(
    Event,
    type="notice.sent",
    term="通知送达",
    sample={"to": "person/li-7f3a", "about": "case/20240511-0007", "channel": "log"},
):
    """A notice was handed to its channel."""

    to: Reference
    about: Reference
    channel: Name
    template: Name | None = None


class NoticeFailed(
    Event,
    type="notice.failed",
    term="通知失败",
    sample={
        "to": "person/li-7f3a",
        "about": "case/20240511-0007",
        "channel": "webhook",
        "reason": "the channel did not answer",
    },
):
    """A notice could not be handed to its channel."""

    to: Reference
    about: Reference
    channel: Name
    template: Name | None = None
    reason: Text | None = None
