"""One batch of the intake after another: to the ledger, into quarantine, out of the topic, in this order.

Each step is tried until its server answers. Killed anywhere, the batch comes again: the ledger drops repeats by
identity, the quarantine by position.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import structlog

from ledger.errors import EventRefused, OutcomeUnknown
from ledger.protocols import Territory
from ledger.record import Batch
from ledger.sealing import Keys
from ledger.submission import Stored, stored_each
from ledger.writer import Pending, Writer
from processors.intake.arrival import Arrival
from processors.intake.clearing import Clearing, Quiet
from processors.intake.judging import Judged, Publishers, Rejected, Sound, judge, reasons, rejected
from processors.intake.store import IntakeQuarantine
from projections.store.apply import Applied, Rewind, Stopped

DELIVERY_SECONDS = 10.0
_BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
T = TypeVar("T")
log = structlog.get_logger("shanzhi.intake")


class IntakeLane:
    """Not thread-safe; give each thread its own. What is shared by all lanes comes in ready-made.

    `expected(partition)` is the offset that follows what was done; `waiting(True)` is called when a server is away
    and `waiting(False)` once it is back.
    """

    def __init__(
        self,
        topic_id: str,
        quarantine: IntakeQuarantine,
        publishers: Publishers,
        territory: Territory,
        keys: Keys,
        writer: Writer,
        clearing: Clearing,
        quiet: Quiet,
        expected: Callable[[int], int],
        stopping: threading.Event,
        waiting: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._topic_id, self._quarantine = topic_id, quarantine
        self._publishers, self._territory, self._keys = publishers, territory, keys
        self._writer, self._clearing, self._quiet = writer, clearing, quiet
        self._expected, self._stopping, self._waiting = expected, stopping, waiting

    def apply(self, batch: Batch) -> Applied:
        """Works off a batch whole, waiting for servers that are away.

        Raises `Rewind` where records before it were not delivered, `Stopped` where the process is to stop and
        nothing of the batch was sent yet, or a server does not come back.
        """
        arrivals = self._following(batch)
        judged = self._patiently(lambda: judge(arrivals, self._publishers, self._territory, self._go_on))
        ready = self._patiently(lambda: self._sealed(judged))
        self._forward(ready, lambda: self._put_aside(batch.partition, judged.rejected))
        following = arrivals[-1].offset + 1 if arrivals else self._expected(batch.partition)
        self._patiently(lambda: self._clearing.clear(batch.partition, following))
        if not all(one.is_marker for one in arrivals):
            self._quiet.held(batch.partition, time.monotonic())
        return Applied(following, len(ready), quarantined=reasons(judged.rejected))

    def close(self) -> None:
        """Ends the connection."""
        self._quarantine.close()

    def _following(self, batch: Batch) -> list[Arrival]:
        """What was not done before. A hole before it may be one of delivery: those records would be deleted unseen."""
        expected = self._expected(batch.partition)
        if (batch.sought is None or batch.sought > expected) and batch.records[0].offset > expected:
            raise Rewind(batch.partition, expected)
        return [one for one in batch.records if isinstance(one, Arrival) and one.offset >= expected]

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _sealed(self, judged: Judged) -> list[Stored]:
        """The sound ones as the ledger holds them; who was forgotten is put aside with the rejected."""
        answers = stored_each([one.submission for one in judged.sound], self._keys)
        judged.rejected += [
            _refused(one, answer)
            for one, answer in zip(judged.sound, answers, strict=True)
            if isinstance(answer, EventRefused)
        ]
        return [answer for answer in answers if isinstance(answer, Stored)]

    def _forward(self, ready: list[Stored], meanwhile: Callable[[], None]) -> None:
        """Sends all, does something else, and waits for every receipt; what got none is sent again."""
        pending = self._patiently(lambda: self._sent(ready))
        meanwhile()

        def acknowledged() -> None:
            while pending:
                try:
                    pending[-1].receipt(DELIVERY_SECONDS + 5)
                except OutcomeUnknown:
                    left = [one.stored for one in pending if not _is_acknowledged(one)]
                    pending[:] = self._sent(left)
                    raise
                pending.pop()

        self._patiently(acknowledged)

    def _sent(self, ready: list[Stored]) -> list[Pending]:
        """By one producer, so that none passes another of its subject."""
        sending = self._writer.sending()
        return [sending.send(one) for one in ready]

    def _put_aside(self, partition: int, rows: list[Rejected]) -> None:
        if rows:
            self._patiently(lambda: self._quarantine.add(self._topic_id, partition, rows, self._keys))
            counts = dict(Counter(reasons(rows)))
            log.warning("quarantined", partition=partition, records=len(rows), reasons=counts)

    def _patiently(self, step: Callable[[], T]) -> T:
        attempt = 0
        while True:
            try:
                result = step()
            except OutcomeUnknown as error:
                if not attempt:
                    self._waiting(True)
                log.warning("away", attempt=attempt, what=error.what)
                if self._stopping.wait(_BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)]):
                    raise Stopped from error
                attempt += 1
                continue
            if attempt:
                self._waiting(False)
            return result


def _refused(one: Sound, refusal: EventRefused) -> Rejected:
    return rejected(one.arrival, one.party, refusal)


def _is_acknowledged(one: Pending) -> bool:
    return bool(one.future.succeeded())
