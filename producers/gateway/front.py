"""Many requests, few round trips: what arrives while one group is being written becomes the next group.

A group is checked, looked up in the event index, sealed with one look at the vault, and handed to the writer; each
request is answered once all of its own events are acknowledged or refused. One thread does this, because checking and
sealing hold Python's lock anyway.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import structlog

from ledger.admission import admit
from ledger.codec import content_of
from ledger.envelope import identity
from ledger.errors import EventRefused, OutcomeUnknown, PersonForgotten, ShanzhiError
from ledger.parties import Party
from ledger.partition import partition_of
from ledger.protocols import First, Receipts, Territory
from ledger.refusal import refusal, show
from ledger.sealing import Keys
from ledger.submission import Stored, Submission, check, stored_each
from ledger.topics import PARTITIONS
from ledger.writer import Receipt, Writer
from producers.gateway.failure import where

GROUP_EVENTS = 2_000
GATHER_SECONDS = 0.008  # a round trip more for each event costs more than these few milliseconds
FULL_EVENTS = 100  # so many are not held up
WAITING_EVENTS = 20_000  # more is refused at once: the publisher waits, not we
WAITING_BYTES = 128 * 1024 * 1024
ANSWER_SECONDS = 15.0  # a little more than the writer's delivery
log = structlog.get_logger("shanzhi.gateway")


class Accepted(NamedTuple):
    """Where the event stands in the ledger; `is_repeat`: it was there before."""

    id: str
    source: str
    partition: int
    offset: int
    is_repeat: bool


Answer = Accepted | EventRefused | OutcomeUnknown


class Busy(ShanzhiError):
    """More events wait than the gateway takes; nothing of this request was written."""


@dataclass
class _Job:
    """One request: its events, and the answers so far."""

    party: Party
    events: Sequence[bytes]
    done: Callable[[list[Answer]], None]
    answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Of all its events."""
        return sum(map(len, self.events))

    def answer(self, number: int, answer: Answer) -> None:
        """Called once for each event, from the front's thread and the producer's."""
        self.answers[number] = answer  # one entry each: a dictionary takes that from two threads
        if len(self.answers) == len(self.events):
            self.done([self.answers[number] for number in range(len(self.events))])


class _Entry(NamedTuple):
    """An event of a job, sound so far."""

    job: _Job
    number: int
    submission: Submission

    @property
    def place(self) -> tuple[int, str]:
        """The partition and identity that it will have."""
        attributes = self.submission.attributes
        partition = partition_of(attributes["subject"].encode(), PARTITIONS)
        return partition, identity(attributes["source"], attributes["id"])

    def answer(self, answer: Answer) -> None:
        self.job.answer(self.number, answer)


class Front:
    """Start it, `publish` from any coroutine, stop it."""

    def __init__(
        self, writer: Writer, keys: Keys, receipts: Receipts, territory: Territory, clock: Callable[[], datetime]
    ) -> None:
        self._writer, self._keys, self._receipts, self._territory = writer, keys, receipts, territory
        self._clock = clock
        self._jobs: deque[_Job] = deque()
        self._waiting_events = self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)
        self._unanswered = set[asyncio.Future[list[Answer]]]()  # the loop's own
        self.trouble: str | None = None
        """Why the last group could not be written, where that is not for a server that is away."""

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the group in work; what still waits is answered as unknown by its own time."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(5)

    async def publish(self, party: Party, events: Sequence[bytes]) -> list[Answer]:
        """An answer for each event, in their order. Raises `Busy` where too much waits."""
        if not events:
            return []
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[list[Answer]] = loop.create_future()

        def settle(answers: list[Answer]) -> None:
            if not answered.done():
                answered.set_result(answers)

        def done(answers: list[Answer]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, answers)

        job = _Job(party, events, done)
        self._enqueue(job)
        self._unanswered.add(answered)
        await asyncio.wait([answered], timeout=ANSWER_SECONDS)
        self._unanswered.discard(answered)
        if answered.done() and not answered.cancelled():
            return answered.result()
        return [job.answers.get(number, _unanswered()) for number in range(len(events))]

    def hurry(self) -> None:
        """Whoever waits is answered now, with what is known by now. For the loop's thread."""
        for one in self._unanswered:
            one.cancel()

    def _enqueue(self, job: _Job) -> None:
        with self._changed:
            events, size_bytes = self._waiting_events + len(job.events), self._waiting_bytes + job.size_bytes
            if events > WAITING_EVENTS or size_bytes > WAITING_BYTES or self._stopping:
                raise Busy("The gateway has too much to write", "Send the same events again in a second.")
            self._jobs.append(job)
            self._waiting_events, self._waiting_bytes = events, size_bytes
            self._changed.notify()

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            try:
                self._write([entry for job in group for entry in self._checked(job)])
                self.trouble = None
            except OutcomeUnknown as error:
                _fail(group, error)
            except Exception as error:
                self.trouble = error.what if isinstance(error, ShanzhiError) else type(error).__name__
                log.error("group_failed", trouble=self.trouble, **where(error))
                _fail(group, _unanswered())

    def _next_group(self) -> list[_Job] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopping)
        if self._waiting_events < FULL_EVENTS:
            time.sleep(GATHER_SECONDS)
        with self._changed:
            if self._stopping:
                return None
            group: list[_Job] = []
            events = 0
            while self._jobs and (not group or events + len(self._jobs[0].events) <= GROUP_EVENTS):
                group.append(self._jobs.popleft())
                events += len(group[-1].events)
            self._waiting_events -= events
            self._waiting_bytes -= sum(job.size_bytes for job in group)
            return group

    def _checked(self, job: _Job) -> list[_Entry]:
        now, entries = self._clock(), []
        for number, event in enumerate(job.events):
            try:
                submission = check(event, now)
                admit(job.party, submission, self._territory)
                entries.append(_Entry(job, number, submission))
            except EventRefused as refused:
                job.answer(number, refused)
        return entries

    def _write(self, entries: list[_Entry]) -> None:
        """Raises `OutcomeUnknown` where nothing of what is not answered yet was written."""
        places = [entry.place for entry in entries]
        known = self._receipts.first(places)
        sealed = stored_each([entry.submission for entry in entries], self._keys)
        lost: OutcomeUnknown | None = None
        for entry, (partition, name), one in zip(entries, places, sealed, strict=True):
            if name in known:
                entry.answer(_settled(one, known[name], entry.submission))
            elif isinstance(one, EventRefused):
                entry.answer(one)
            elif lost:  # each would wait as long, and none may pass another of its subject
                entry.answer(lost)
            else:
                lost = self._send(entry, one, partition)

    def _send(self, entry: _Entry, one: Stored, partition: int) -> OutcomeUnknown | None:
        def acknowledged(receipt: Receipt | OutcomeUnknown) -> None:
            entry.answer(Accepted(*receipt, False) if isinstance(receipt, Receipt) else receipt)

        try:
            self._writer.send_raw(one, one.key, one.value, partition).then(acknowledged)
        except OutcomeUnknown as unknown:
            entry.answer(unknown)
            return unknown
        return None


def _fail(group: Sequence[_Job], unknown: OutcomeUnknown) -> None:
    for job in group:
        for number in range(len(job.events)):
            if number not in job.answers:
                job.answer(number, unknown)


def _settled(one: Stored | EventRefused, first: First, submission: Submission) -> Answer:
    """The answer for an identity that is in the index: a repeat, or an id that is another event's.

    Somebody who was forgotten since has no key to seal with any more: the resend gets its old receipt.
    """
    attributes = submission.attributes
    is_repeat = isinstance(one, PersonForgotten) or (isinstance(one, Stored) and content_of(one.value) == first.content)
    if is_repeat:
        return Accepted(attributes["id"], attributes["source"], first.partition, first.offset, True)
    if isinstance(one, EventRefused):
        return one
    return refusal("id_reused", "/id", show(attributes["id"]), position=f"{first.partition}/{first.offset}")


def _unanswered() -> OutcomeUnknown:
    return OutcomeUnknown(
        "The ledger did not acknowledge in time",
        "The event may be in the ledger or not: send it again, the same id and source count once.",
    )
