"""Bytes of the ledger to records and back to a verdict where they are none.

This is the hot path of every reader: two typed decodes, a few comparisons, two hashes. Whatever the bytes
are, the answer is a value and never an exception, so that no record can stop a partition.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

import ledger.events  # noqa: F401 - fills the registry
from ledger import limits, nesting
from ledger.envelope import Envelope, content_hash, identity
from ledger.event import EventKind, kinds
from ledger.partition import partition_of
from ledger.record import RawRecord, Record
from ledger.sealing import is_sealed
from ledger.upcast import upcast

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = int(limits.LATEST.timestamp() * 1000)
_SUBJECTS_REMEMBERED = 10_000
_DETAIL_CHARACTERS = 300
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_envelope = msgspec.json.Decoder(Envelope).decode


class _Known(Struct, frozen=True, gc=False):
    """What a record takes over of an envelope that was examined before."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    dataschema: str
    authid: str
    data: msgspec.Raw


_decode_known = msgspec.json.Decoder(_Known).decode


Reason = Literal[
    "unreadable",
    "too_large",
    "too_deep",
    "nul_character",
    "schema_broken",
    "key_mismatch",
    "partition_mismatch",
    "time_out_of_bounds",
    "future",
    "unsealed",
    "store_refused",  # said by the store, of a sound record that PostgreSQL would not take
]


class Verdict(Struct, frozen=True, gc=False):
    """Why a record is none, and what exactly, without personal values; whose identity where it is sound by itself."""

    reason: Reason
    detail: str
    identity: str | None = None


class Sound(Struct, frozen=True, gc=False):
    """A sound record: its identity, its content and, where this version knows the type, what it says."""

    identity: str
    content: str
    subject: str
    record: Record[Any] | None


class Examiner:
    """Judges the records of a ledger of `partitions` partitions. One per thread: it remembers subjects."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._subjects: dict[bytes, tuple[str, int]] = {}
        self._stamp_ms, self._stamp = 0, EPOCH

    def examine(self, raw: RawRecord, partition: int) -> Sound | Verdict:
        """What the record says, or why it says nothing."""
        value = raw.value
        if value is None:
            return Verdict("unreadable", "the record has no value")
        if len(value) > limits.LEDGER_BYTES:
            return Verdict("too_large", f"{len(value)} bytes, at most {limits.LEDGER_BYTES}")
        if nesting.exceeds(value, limits.NESTING_LEVELS):
            return Verdict("too_deep", f"nested over {limits.NESTING_LEVELS} levels")
        if nesting.spells_nul(value):
            return Verdict("nul_character", "PostgreSQL can't hold the character U+0000")
        try:
            envelope = _decode_envelope(value)
        except msgspec.ValidationError as error:
            return Verdict("schema_broken", _telling_no_value(error))
        except _UNREADABLE as error:
            return Verdict("unreadable", _telling_no_value(error))
        return self._examine_envelope(envelope, raw, partition)

    def counted(self, raw: RawRecord, partition: int) -> Record[Any] | None:
        """The record of an event that the index counts; None where this version's folds do not know it.

        The same as `examine` gives, in half the time: what makes a record sound was examined when it was indexed,
        and its identity is the index's.
        """
        try:
            known = _decode_known(raw.value or b"")
            kind = kinds[known.dataschema]
            if kind.type != known.type:
                return None
            event = _as_told(kind, kind.decoder.decode(known.data))
        except (*_UNREADABLE, KeyError):
            event = None
        stamp = self._stamp_of(raw.timestamp)
        if event is None or isinstance(event, Verdict) or stamp is None:
            said = self.examine(raw, partition)
            return said.record if isinstance(said, Sound) else None
        time = known.time if known.time.tzinfo is UTC else known.time.astimezone(UTC)
        return Record(
            event, known.subject, known.id, known.source, known.authid, time, stamp, partition, raw.offset
        )

    def _examine_envelope(self, envelope: Envelope, raw: RawRecord, partition: int) -> Sound | Verdict:
        misplaced = self._misplaced(envelope.subject, raw.key, partition)
        if misplaced:
            return misplaced
        time = _utc(envelope.time)
        stamp = self._stamp_of(raw.timestamp)
        if time is None:
            return Verdict("time_out_of_bounds", f"time {envelope.time.isoformat()}")
        if stamp is None:
            return Verdict("time_out_of_bounds", f"stamped {raw.timestamp} ms")
        if time > stamp + limits.FUTURE_BY_STAMP:
            return Verdict("future", f"time {time.isoformat()}, stamped {stamp.isoformat()}")
        kind = kinds.get(envelope.dataschema)
        record: Record[Any] | None = None
        if kind is not None and kind.type == envelope.type:
            event = _decode_data(kind, envelope)
            if isinstance(event, Verdict):
                return event
            record = Record(
                event,
                envelope.subject,
                envelope.id,
                envelope.source,
                envelope.authid,
                time,
                stamp,
                partition,
                raw.offset,
            )
        return Sound(
            identity(envelope.source, envelope.id),
            content_hash(envelope.subject, envelope.type, time, envelope.data),
            envelope.subject,
            record,
        )

    def _misplaced(self, subject: str, key: bytes | None, partition: int) -> Verdict | None:
        if key is None:
            return Verdict("key_mismatch", "the record has no key")
        known = self._subjects.get(key)
        if known is None:
            try:
                known = (key.decode(), partition_of(key, self._partitions))
            except UnicodeDecodeError:
                return Verdict("key_mismatch", "the key is not UTF-8")
            if len(self._subjects) >= _SUBJECTS_REMEMBERED:
                self._subjects.clear()
            self._subjects[key] = known
        if known[0] != subject:
            return Verdict("key_mismatch", f"the key ({len(key)} bytes) is not the subject")
        if known[1] != partition:
            return Verdict("partition_mismatch", f"the subject belongs to partition {known[1]}")
        return None

    def _stamp_of(self, milliseconds: int) -> datetime | None:
        if milliseconds != self._stamp_ms:  # records of one producer batch share their stamp
            if not 0 <= milliseconds < _LATEST_MS:
                return None
            self._stamp_ms, self._stamp = milliseconds, EPOCH + timedelta(milliseconds=milliseconds)
        return self._stamp


def content_of(value: bytes) -> str:
    """The content hash of a sound stored event."""
    envelope = _decode_envelope(value)
    return content_hash(envelope.subject, envelope.type, envelope.time.astimezone(UTC), envelope.data)


def _telling_no_value(error: Exception) -> str:
    """What a decoder says, bounded, without the value that it quotes: that may be somebody's words."""
    what, at, path = str(error).rpartition(" - at ")
    kind = (what or path).partition(" '")[0] if "enum" in (what or path) else (what or path)
    return f"{kind}{at}{path if at else ''}"[:_DETAIL_CHARACTERS]


def _utc(time: datetime) -> datetime | None:
    if not limits.EARLIEST <= time < limits.LATEST:
        return None
    return time if time.tzinfo is UTC else time.astimezone(UTC)


def _decode_data(kind: EventKind, envelope: Envelope) -> Any:
    if envelope.subject.partition("/")[0] not in kind.subjects:
        return Verdict("schema_broken", f"{kind.type} can't have the subject's kind")
    try:
        event = kind.decoder.decode(envelope.data)
    except _UNREADABLE as error:
        return Verdict("schema_broken", f"{kind.type}: {_telling_no_value(error)}")
    for field in kind.personal:
        text = getattr(event, field.name)
        if text is not None and not is_sealed(text):
            return Verdict("unsealed", f"{kind.type}: {field.name} is not sealed")
    return _as_told(kind, event)


def _as_told(kind: EventKind, event: Any) -> Any:
    """The event as folds know it: times in UTC, in the words of its type's newest version."""
    told = _times_in_utc(kind, event) if kind.times else event
    return told if isinstance(told, Verdict) else upcast(kind, told)


def _times_in_utc(kind: EventKind, event: Any) -> Any:
    moved = {}
    for name in kind.times:
        time = getattr(event, name)
        if time is None or (time.tzinfo is UTC and limits.EARLIEST <= time < limits.LATEST):
            continue
        in_utc = _utc(time)
        if in_utc is None:
            return Verdict("time_out_of_bounds", f"{kind.type}: {name} {time.isoformat()}")
        moved[name] = in_utc
    return msgspec.structs.replace(event, **moved) if moved else event
