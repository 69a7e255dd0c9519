"""Publishes events from Python: checked, sealed, written, and answered with a receipt once acknowledged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Self

from ledger.errors import EventRefused, ShanzhiError
from ledger.injected_time import MACHINE, TimeSource, utc_now
from ledger.sealing import Keys
from ledger.submission import Stored, Submission, check, stored, stored_each
from ledger.writer import Pending, Receipt, Writer

WINDOW = 2_000  # events on their way at once
SEALED_AT_ONCE = 200  # events that share one look at the vault

Submitted = Mapping[str, Any] | bytes
Answer = Receipt | EventRefused
Flying = Pending | ShanzhiError  # on its way, refused, or what ended the sending


__all__ = ["Publisher", "utc_now"]


class Publisher:
    """The front of the ledger's writer. Thread-safe; close it, or use it as a context manager.

    The topic has to exist (`ledger.topics.ensure_ledger`). Raises `OutcomeUnknown` where Kafka is away.
    `times` are those of `ledger.injected_time.time_of` where time may have been injected.
    """

    def __init__(
        self,
        bootstrap: str,
        keys: Keys,
        times: TimeSource = MACHINE,
        *,
        delivery_seconds: float = 30,
    ) -> None:
        self._keys = keys
        self._clock = times.now
        self._delivery_seconds = delivery_seconds
        self._writer = Writer(bootstrap, delivery_seconds, stamp_ms=times.stamp_ms)

    def publish(self, event: Submitted) -> Receipt:
        """Where the event stands in the ledger, acknowledged.

        Raises `EventRefused` where it breaks a rule (nothing was written), `OutcomeUnknown` where Kafka or
        PostgreSQL does not answer (send it again: the same source and id count once).
        """
        (one,) = stored([check(event, self._clock())], self._keys)
        return self._receipt(self._writer.send(one))

    def publish_all(self, events: Iterable[Submitted | EventRefused | None], window: int = WINDOW) -> Iterator[Answer]:
        """An answer for each event, in the order given: its receipt, or why it was refused.

        At most `window` events are on their way at once. A refusal among the events is answered as it is.
        None asks for the answers to everything before it, and gets none itself: a source that has to wait
        gives it. Raises `OutcomeUnknown` in the place of the first answer that never came: what was answered
        is certain, what follows may be in the ledger or not, and may be sent again.
        """
        at_once = min(SEALED_AT_ONCE, window)
        waiting: list[Submission | EventRefused] = []
        flying: deque[Flying] = deque()
        for event in chain(events, [None]):
            if event is not None:
                waiting.append(self._checked(event))
                if len(waiting) < at_once:
                    continue
            flying.extend(self._sent(waiting))
            waiting.clear()
            ending = event is None or (bool(flying) and _is_failure(flying[-1]))
            while len(flying) > (0 if ending else window - at_once):
                yield self._answer(flying.popleft())

    def close(self) -> None:
        """Waits at most 10 s for what is on its way, and closes."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self, event: Submitted | EventRefused) -> Submission | EventRefused:
        if isinstance(event, EventRefused):
            return event
        try:
            return check(event, self._clock())
        except EventRefused as refusal:
            return refusal

    def _sent(self, checked: Sequence[Submission | EventRefused]) -> Iterator[Flying]:
        """Seals and sends the sound ones; ends with the failure where Kafka or PostgreSQL is away."""
        try:
            sealed = iter(stored_each([one for one in checked if isinstance(one, Submission)], self._keys))
            for one in checked:
                ready = next(sealed) if isinstance(one, Submission) else one
                yield self._writer.send(ready) if isinstance(ready, Stored) else ready
        except ShanzhiError as failure:
            yield failure

    def _answer(self, one: Flying) -> Answer:
        if isinstance(one, EventRefused):
            return one
        if isinstance(one, ShanzhiError):
            raise one
        return self._receipt(one)

    def _receipt(self, pending: Pending) -> Receipt:
        return pending.receipt(self._delivery_seconds + 5)  # the writer gives up first, and says why


def _is_failure(one: Flying) -> bool:
    return isinstance(one, ShanzhiError) and not isinstance(one, EventRefused)
