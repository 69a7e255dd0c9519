"""How a group of events is written: one look at the index, one at the vault, and one producer for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import structlog

from ledger.admission import admit
from ledger.codec import content_of
from ledger.envelope import identity
from ledger.errors import EventRefused, OutcomeUnknown, PersonForgotten
from ledger.partition import partition_of
from ledger.protocols import First, Receipts, Territory
from ledger.refusal import refusal, show
from ledger.sealing import Keys
from ledger.submission import Stored, Submission, check, stored_each
from ledger.topics import PARTITIONS
from ledger.writer import Receipt, Sending, Writer
from producers.gateway.answers import Accepted, Answer, Job, unanswered
from producers.gateway.failure import where
from producers.gateway.recent import Recent

log = structlog.get_logger("shanzhi.gateway")


class Entry(NamedTuple):
    """An event of a job, sound so far."""

    job: Job
    number: int
    submission: Submission

    @property
    def place(self) -> tuple[int, str]:
        """The partition and identity that it will have."""
        attributes = self.submission.attributes
        partition = partition_of(attributes["subject"].encode(), PARTITIONS)
        return partition, identity(attributes["source"], attributes["id"])

    def answer(self, answer: Answer) -> None:
        """Its answer, once."""
        self.job.answer(self.number, answer)


class GroupWriter:
    """For one thread."""

    def __init__(
        self, writer: Writer, keys: Keys, receipts: Receipts, territory: Territory, clock: Callable[[], datetime]
    ) -> None:
        self._writer, self._keys, self._receipts, self._territory = writer, keys, receipts, territory
        self._clock = clock
        self._recent = Recent()

    def checked(self, job: Job) -> list[Entry]:
        """The events that are sound and may be said; the others are answered."""
        now, entries = self._clock(), []
        for number, event in enumerate(job.events):
            try:
                submission = check(event, now)
                admit(job.party, submission, self._territory)
                entries.append(Entry(job, number, submission))
            except EventRefused as refused:
                job.answer(number, refused)
            except OutcomeUnknown:
                raise
            except Exception as error:
                log.error("event_failed", **where(error))
                job.answer(number, unanswered())
        return entries

    def write(self, entries: list[Entry]) -> None:
        """Raises `OutcomeUnknown` where nothing of what is not answered yet was written."""
        places = [entry.place for entry in entries]
        known = self._receipts.first(places)
        sealed = stored_each([entry.submission for entry in entries], self._keys)
        sending, lost = self._writer.sending(), None
        for entry, (partition, name), one in zip(entries, places, sealed, strict=True):
            if name in known:
                entry.answer(_settled(one, known[name], entry.submission))
            elif isinstance(one, EventRefused):
                entry.answer(one)
            elif lost:  # each would wait as long, and none may pass another of its subject
                entry.answer(lost)
            else:
                lost = self._send(entry, name, one, partition, sending)

    def _send(
        self, entry: Entry, name: str, one: Stored, partition: int, sending: Sending
    ) -> OutcomeUnknown | None:
        content, before = content_of(one.value), self._recent.get(name)
        if before and before.receipt and before.content == content:
            entry.answer(Accepted(*before.receipt, True))
            return None
        if before and before.content != content:
            entry.answer(_reused(one.id, partition, before.receipt))
            return None
        sent = before or self._recent.note(name, content)

        def acknowledged(receipt: Receipt | OutcomeUnknown) -> None:
            if isinstance(receipt, Receipt):
                sent.receipt = sent.receipt or receipt
                entry.answer(Accepted(*receipt, False))
            else:
                self._recent.forget(name)
                entry.answer(receipt)

        try:
            sending.send_raw(one, one.key, one.value, partition).then(acknowledged)
        except OutcomeUnknown as unknown:
            acknowledged(unknown)
            return unknown
        return None


def _settled(one: Stored | EventRefused, first: First, submission: Submission) -> Answer:
    """The answer for an identity that is in the index: a repeat, or an id that is another event's.

    Somebody who was forgotten since has no key to seal with any more: the resend gets its old receipt, and can't be
    compared with what it was.
    """
    attributes = submission.attributes
    is_repeat = isinstance(one, PersonForgotten) or (isinstance(one, Stored) and content_of(one.value) == first.content)
    if is_repeat:
        return Accepted(attributes["id"], attributes["source"], first.partition, first.offset, True)
    if isinstance(one, EventRefused):
        return one
    return _reused(attributes["id"], first.partition, first)


def _reused(id_: str, partition: int, first: First | Receipt | None) -> EventRefused:
    """`first` is None while the first one is still on its way."""
    return refusal("id_reused", "/id", show(id_), position=f"{partition}/{first.offset if first else '…'}")
