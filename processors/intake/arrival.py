"""A record of the intake as it is held in memory: what a publisher may send without end is cut off here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ledger import limits
from processors.intake.careful import UNREADABLE

HEADERS_AT_MOST = 64
HEADER_BYTES = 16 * 1024  # names and values together
MARKER = "shanzhi-marker"
"""The name of the one header of the empty records that the agent appends itself."""

_MARKER_HEADERS = ((MARKER, b""),)

Headers = tuple[tuple[str, bytes], ...]


class Arrival(NamedTuple):
    """Value and headers as they came; `is_cut` where headers were too many or too long and the rest is gone."""

    offset: int
    timestamp: int
    key: None
    value: bytes | None
    headers: Headers
    size_bytes: int
    is_cut: bool

    @property
    def is_too_large(self) -> bool:
        """Whether it can't be an event for its size alone."""
        return self.is_cut or len(self.value or b"") > limits.SUBMITTED_BYTES

    @property
    def is_marker(self) -> bool:
        """Whether the agent may have appended it itself. One of somebody else's says nothing either."""
        return not self.value and self.headers == _MARKER_HEADERS

    @property
    def is_unreadable(self) -> bool:
        """Whether its batch could not be taken apart."""
        return not self.value and len(self.headers) == 1 and self.headers[0][0] == UNREADABLE


def arrival(record: Any) -> Arrival:
    """Of a record as aiokafka gives it. The Kafka key means nothing: the ledger's key is the subject."""
    kept, size_bytes = _bounded(record.headers) if record.headers else ((), 0)
    is_cut = len(kept) < len(record.headers)
    value = record.value
    return Arrival(record.offset, record.timestamp, None, value, kept, size_bytes + len(value or b""), is_cut)


def held_bytes(one: Arrival) -> int:
    """What it takes in memory, about."""
    return one.size_bytes + 200 + 100 * len(one.headers)


def _bounded(headers: Sequence[tuple[str, bytes | None]]) -> tuple[Headers, int]:
    kept, size_bytes = [], 0
    for name, value in headers[:HEADERS_AT_MOST]:
        size_bytes += 4 * len(name) + len(value or b"")  # a character of UTF-8 takes up to four
        if size_bytes > HEADER_BYTES:
            break
        kept.append((name, value or b""))
    return tuple(kept), size_bytes
