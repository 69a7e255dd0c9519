"""What this gateway sent lately, by identity: the event index knows of it a tenth of a second later only.

Without it a second event under one id, sent at once, would get a receipt and end in quarantine.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from ledger.writer import Receipt

IDENTITIES = 50_000  # some seconds of a busy gateway


@dataclass
class Sent:
    """The content hash of an event on its way or in the ledger; its receipt, once there is one."""

    content: str
    receipt: Receipt | None = None


class Recent:
    """Bounded; the oldest is forgotten first. The group writer's own; receipts and failures come from the producer's
    thread."""

    def __init__(self, most: int = IDENTITIES) -> None:
        self._most = most
        self._sent: OrderedDict[str, Sent] = OrderedDict()

    def get(self, identity: str) -> Sent | None:
        """What was sent under an identity lately."""
        return self._sent.get(identity)

    def note(self, identity: str, content: str) -> Sent:
        """An event is about to be sent."""
        sent = self._sent[identity] = Sent(content)
        while len(self._sent) > self._most:
            self._sent.popitem(last=False)
        return sent

    def forget(self, identity: str) -> None:
        """Nobody knows whether it was written: the index will."""
        self._sent.pop(identity, None)
