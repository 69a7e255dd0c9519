"""A record of the ledger: as the broker gives it, and as a fold sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from ledger.event import Event

E = TypeVar("E", bound=Event)


class RawRecord(Protocol):
    """What every Kafka client's record has: `offset`, broker stamp in ms, key and value as bytes, headers.

    Our writer sets no headers; whoever else wrote may have set some.
    """

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class StoredRecord(NamedTuple):
    """A `RawRecord` of our own making: for replays from files and for tests."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Batch(NamedTuple):
    """Consecutive records of one partition, in order of offsets, at least one.

    `sought` is an offset from which the log was asked and had nothing before these records, else None: only
    then does a missing offset prove a gap in the log, and not that some records were not delivered.
    """

    partition: int
    records: Sequence[RawRecord]
    sought: int | None = None


class Record(Struct, Generic[E], frozen=True, gc=False):
    """An event with who, when and where it stands. `time` is the event's, `stamp` the broker's; both UTC."""

    event: E
    subject: str
    id: str
    source: str
    authid: str
    time: datetime
    stamp: datetime
    partition: int
    offset: int
