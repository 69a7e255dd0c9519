"""The relay: the outbox to the ledger, the first unpublished event of each subject at a time.

Modelled after `processors.relay`: read, send, wait for every receipt, mark; then the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ledger.errors import OutcomeUnknown
from ledger.partition import partition_of
from ledger.submission import Stored
from ledger.writer import Receipt
from processors import relay as pure
from tests.simulation.broker import Broker, Flying
from tests.simulation.door import Writer
from tests.simulation.leading import Leader
from tests.simulation.schedule import Steps, Wait
from tests.simulation.tables import Session, Tables

AT_ONCE = 4


class Relay(Leader):
    """Publishes what decider and clock have told."""

    name = "relay"

    def __init__(self, tables: Tables, broker: Broker, is_still: Callable[[], bool]) -> None:
        super().__init__(tables)
        self._writer = Writer(broker, is_still)

    def end(self) -> None:
        """What it had sent may still arrive."""
        super().end()
        self._writer.end()

    def has_work(self) -> bool:
        """Whether anything was not published."""
        return bool(self.tables.unpublished())

    def round(self, session: Session) -> Steps:
        """One event of each subject. Raises `OutcomeUnknown` once all that is known was marked."""
        rows = [
            (row.stored.source, row.stored.id, row.stored.key.decode(), row.stored.value)
            for row in self.tables.unpublished()[:AT_ONCE]
        ]
        yield "relay: choose"
        yield from self.published(session, pure.first_of_each(rows))

    def published(self, session: Session, events: Sequence[Stored]) -> Steps:
        """Sent, acknowledged, marked."""
        yield "relay: send"
        flying = self.send(events)
        yield Wait("relay: acknowledged", lambda: all(one.answer is not None for one in flying))
        receipts = [one.answer for one in flying if isinstance(one.answer, Receipt)]
        yield from self.mark(session, receipts)
        if len(receipts) < len(events):
            raise OutcomeUnknown("Some were not acknowledged", "They are sent again.")

    def send(self, events: Sequence[Stored]) -> list[Flying]:
        """By one producer, or not at all."""
        sending, flying = self._writer.sending(), list[Flying]()
        for one in events:
            partition = partition_of(one.key, self.tables.partitions)
            flying.append(sending.send_raw(one, one.key, one.value, partition))
        return flying

    def mark(self, session: Session, receipts: Sequence[Receipt]) -> Steps:
        """Where each stands in the ledger."""
        yield "relay: mark"
        self.tables.commit(session, *(partial(self._mark, one) for one in receipts))

    def _mark(self, receipt: Receipt) -> None:
        row = self.tables.permanent.outbox[receipt.source, receipt.id]
        row.place = row.place or (receipt.partition, receipt.offset)
