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
from collections.abc import Sequence
from contextlib import suppress

import structlog

from ledger.errors import OutcomeUnknown, ShanzhiError
from ledger.parties import Party
from producers.gateway.answers import Answer, Job, unanswered
from producers.gateway.failure import where
from producers.gateway.writing import GroupWriter

GROUP_EVENTS = 2_000
GATHER_SECONDS = 0.008  # a round trip more for each event costs more than these few milliseconds
FULL_EVENTS = 100  # so many are not held up
WAITING_EVENTS = 20_000  # more is refused at once: the publisher waits, not we
WAITING_BYTES = 128 * 1024 * 1024
TROUBLE_SECONDS = 10.0  # how long /readyz tells of it: a balancer that heeds that sends nothing that would end it
ANSWER_SECONDS = 15.0  # a little more than the writer's delivery
log = structlog.get_logger("shanzhi.gateway")


class Busy(ShanzhiError):
    """More events wait than the gateway takes; nothing of this request was written."""


class Front:
    """Start it, `publish` from any coroutine, stop it."""

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer
        self._jobs: deque[Job] = deque()
        self._waiting_events = self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)
        self._unanswered = set[asyncio.Future[list[Answer]]]()  # the loop's own
        self._trouble: tuple[str, float] | None = None

    @property
    def trouble(self) -> str | None:
        """Why the last group could not be written, where that is not for a server that is away; for some seconds."""
        trouble = self._trouble
        return trouble[0] if trouble and time.monotonic() - trouble[1] < TROUBLE_SECONDS else None

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

        job = Job(party, events, done)
        self._enqueue(job)
        self._unanswered.add(answered)
        await asyncio.wait([answered], timeout=ANSWER_SECONDS)
        self._unanswered.discard(answered)
        if answered.done() and not answered.cancelled():
            return answered.result()
        return job.known()

    def hurry(self) -> None:
        """Whoever waits is answered now, with what is known by now. For the loop's thread."""
        for one in self._unanswered:
            one.cancel()

    def _enqueue(self, job: Job) -> None:
        with self._changed:
            events, size_bytes = self._waiting_events + len(job.events), self._waiting_bytes + job.size_bytes
            if events > WAITING_EVENTS or size_bytes > WAITING_BYTES or self._stopping:
                raise Busy("The gateway has too much to write", "Send the same events again in a second.")
            self._jobs.append(job)
            self._waiting_events, self._waiting_bytes = events, size_bytes
            self._changed.notify()

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            if not self._wrote(group):
                for job in group:  # one of them is the reason: the others need not suffer from it
                    if not self._wrote([job]):
                        job.fail(unanswered())

    def _wrote(self, group: Sequence[Job]) -> bool:
        """Whether every event of the group is answered or on its way. Not for a reason that nobody foresaw."""
        try:
            self._writer.write([entry for job in group for entry in self._writer.checked(job)])
        except OutcomeUnknown as error:
            for job in group:
                job.fail(error)
        except Exception as error:
            what = error.what if isinstance(error, ShanzhiError) else type(error).__name__
            self._trouble = (what, time.monotonic())
            log.error("group_failed", requests=len(group), trouble=what, **where(error))
            return False
        return True

    def _next_group(self) -> list[Job] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopping)
        if self._waiting_events < FULL_EVENTS:
            time.sleep(GATHER_SECONDS)
        with self._changed:
            if self._stopping:
                return None
            group: list[Job] = []
            events = 0
            while self._jobs and (not group or events + len(self._jobs[0].events) <= GROUP_EVENTS):
                group.append(self._jobs.popleft())
                events += len(group[-1].events)
            self._waiting_events -= events
            self._waiting_bytes -= sum(job.size_bytes for job in group)
            return group
