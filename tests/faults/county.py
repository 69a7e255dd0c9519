"""Publishes a simulated county while servers fall, and remembers what was acknowledged.

Every event goes the way of any other: checked, sealed, written, acknowledged. What was not acknowledged is sent
again, in order; identity makes that a repeat where it had arrived after all.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import NamedTuple

from ledger.envelope import identity
from ledger.errors import OutcomeUnknown
from ledger.submission import Stored, check, stored
from ledger.writer import Pending, Receipt, Writer
from producers.simulator import Arrival, Planted, first
from tests.faults.wait import PATIENCE_SECONDS, wait_until
from tests.fixed_keys import FixedKeys

SEALED_AT_ONCE = 500
WINDOW = 2_000  # events on their way at once
RESEND_SECONDS = 0.2
YEAR_ARRIVALS = 300_000


class Message(NamedTuple):
    """A record to be written; `planted` where it is broken on purpose."""

    stored: Stored
    planted: Planted | None = None

    @property
    def identity(self) -> str:
        """Its key in the event index."""
        return identity(self.stored.source, self.stored.id)


class Acknowledged(NamedTuple):
    """A message that the broker has acknowledged; `sent_at` is monotonic."""

    message: Message
    partition: int
    offset: int
    sent_at: float


def county(arrivals: int, seed: int = 1) -> list[Message]:
    """So many arrivals of a simulated county as they go to Kafka: sealed, with repeats and broken records. The same
    for all who ask for no more than a year's worth."""
    grown = _grown(seed, max(YEAR_ARRIVALS, arrivals))
    while len(grown.messages) < arrivals:
        grown.messages.extend(_sealed(list(islice(grown.coming, SEALED_AT_ONCE)), datetime.now(UTC)))
    return grown.messages[:arrivals]


class _Grown(NamedTuple):
    coming: Iterator[Arrival]
    messages: list[Message]


@cache
def _grown(seed: int, arrivals: int) -> _Grown:
    return _Grown(first(arrivals, seed), [])


def _sealed(arrivals: list[Arrival], now: datetime) -> list[Message]:
    submissions = [check(one.event, now) for one in arrivals if not isinstance(one, Planted)]
    sealed = iter(stored(submissions, FixedKeys()))
    return [
        Message(Stored("planted", "simulator", b"", b""), one) if isinstance(one, Planted) else Message(next(sealed))
        for one in arrivals
    ]


class Publication(threading.Thread):
    """Publishes messages in order, as far as it is allowed to, until all are acknowledged."""

    def __init__(self, bootstrap: str, messages: list[Message], *, delivery_seconds: float = 30) -> None:
        super().__init__(name="publication", daemon=True)
        self.acknowledged: list[Acknowledged] = []
        self.unknown = 0
        self._address, self._messages, self._delivery_seconds = bootstrap, messages, delivery_seconds
        self._allowed, self._handed, self._per_second = 0, 0, float("inf")
        self._paced_since, self._paced_from = 0.0, 0
        self._given_up = threading.Event()
        self._changed = threading.Condition()

    def allow(self, messages: int | None = None, *, per_second: float = float("inf")) -> None:
        """Lets it go on for so many messages more, or to the end; not faster than said."""
        with self._changed:
            more = len(self._messages) if messages is None else self._handed + messages
            self._allowed, self._per_second = min(more, len(self._messages)), per_second
            self._paced_since, self._paced_from = time.monotonic(), len(self.acknowledged)
            self._changed.notify_all()

    def settled(self, more: int = 0) -> list[Acknowledged]:
        """Holds it where it is, or so many messages later, until all that it has sent is acknowledged."""
        with self._changed:
            self._allowed = min(self._handed + more, len(self._messages))
            self._per_second = float("inf")
            self._changed.notify_all()
        wait_until(lambda: len(self.acknowledged) == self._allowed)
        return list(self.acknowledged)

    def finish(self, seconds: float = PATIENCE_SECONDS) -> list[Acknowledged]:
        """Lets it go to the end and waits for that."""
        self.allow()
        self.join(seconds)
        assert not self.is_alive(), f"{len(self.acknowledged)} of {len(self._messages)} acknowledged in {seconds} s"
        assert len(self.acknowledged) == len(self._messages)
        return self.acknowledged

    def run_to_the_end(self) -> list[Acknowledged]:
        """Publishes everything here and now."""
        self.start()
        return self.finish()

    def give_up(self) -> None:
        """Ends it wherever it is."""
        self._given_up.set()
        self.join(PATIENCE_SECONDS)

    def first_since(self, moment: float, seconds: float = PATIENCE_SECONDS) -> Acknowledged:
        """The first message that was sent after a moment of `time.monotonic` and acknowledged; waits for it."""
        deadline = time.monotonic() + seconds
        seen = 0
        while time.monotonic() < deadline:
            for one in islice(self.acknowledged, seen, None):
                if one.sent_at > moment:
                    return one
                seen += 1
            time.sleep(0.01)
        raise AssertionError(f"nothing was acknowledged within {seconds} s")

    def run(self) -> None:
        """Sends again from the first message without an acknowledgement whenever an outcome is unknown."""
        while len(self.acknowledged) < len(self._messages) and not self._given_up.is_set():
            try:
                with Writer(self._address, self._delivery_seconds) as writer:
                    self._send_all(writer)
            except OutcomeUnknown:
                self.unknown += 1
                time.sleep(RESEND_SECONDS)

    def _send_all(self, writer: Writer) -> None:
        flying: deque[tuple[Message, Pending, float]] = deque()
        number = len(self.acknowledged)
        while number < len(self._messages) and not self._given_up.is_set():
            message = self._messages[number]
            if message.planted:  # it may misuse an identity that has to stand before it
                self._settle(flying, 0)
            if not self._takes(number):
                self._settle(flying, 0)
                self._wait()
                continue
            flying.append((message, _send(writer, message), time.monotonic()))
            number += 1
            self._settle(flying, 0 if message.planted else WINDOW)
        self._settle(flying, 0)

    def _settle(self, flying: deque[tuple[Message, Pending, float]], left: int) -> None:
        while len(flying) > left:
            message, pending, sent_at = flying[0]
            receipt: Receipt = pending.receipt(self._delivery_seconds + 5)
            flying.popleft()
            self.acknowledged.append(Acknowledged(message, receipt.partition, receipt.offset, sent_at))

    def _takes(self, number: int) -> bool:
        """Whether this one may be sent now."""
        with self._changed:
            seconds = time.monotonic() - self._paced_since + 0.01  # more than nothing
            may = number < min(self._allowed, self._paced_from + self._per_second * seconds)
            if may:
                self._handed = max(self._handed, number + 1)
        return may

    def _wait(self) -> None:
        with self._changed:
            self._changed.wait(0.05)


def _send(writer: Writer, message: Message) -> Pending:
    planted = message.planted
    if planted is None:
        return writer.send(message.stored)
    return writer.send_raw(message.stored, planted.key, planted.value, planted.partition)
