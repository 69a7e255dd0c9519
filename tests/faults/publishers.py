"""Publishers who do what the documents ask of them: whatever is not answered by a receipt is sent again as it was.

Each is a thread with a key, a source and a connection of its own. It remembers every receipt that it was ever given.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import httpx
import orjson

from ledger.describe import sample_event
from ledger.envelope import identity
from ledger.event import latest
from tests.faults.wait import wait_until

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
TYPES = ("case.discovered", "case.handled", "case.replied", "case.rated", "case.closed")
ANSWER_SECONDS = 40.0
BROKEN_SECONDS = 0.3  # before a broken connection is made anew
AGAIN = 3  # settled requests that are sent once more at the end

Event = dict[str, Any]


class Given(NamedTuple):
    """A receipt; `attempts` were made until it came, the last one at `sent_at` (monotonic)."""

    identity: str
    partition: int
    offset: int
    is_repeat: bool
    attempts: int
    sent_at: float


class Publisher(threading.Thread):
    """Sends requests of `size` events (1: in structured mode), one after another, until it is told `enough`."""

    def __init__(
        self, url: str, key: str, name: str, size: int, seed: int, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.given: list[Given] = []
        self.sent: dict[str, str] = {}  # the subject by identity, in the order of the first sending
        self.answers: dict[int, int] = {}  # how often each status was answered; 0: the connection broke
        self.failure: str | None = None
        self.enough, self._give_up = threading.Event(), threading.Event()
        self._source, self._size, self._chance = f"urn:{name}", size, random.Random(seed)
        self._headers = {"authorization": f"Bearer {key}", "content-type": STRUCTURED if size == 1 else BATCH}
        self._client = httpx.Client(base_url=url, timeout=answer_seconds)

    def run(self) -> None:
        """Ends early, with `failure`, where it is told something that no publisher should be told."""
        with self._client:
            number = 0
            while not self.enough.is_set() and self.failure is None:
                self._deliver(self._events(number, self._size))
                number += self._size
                self.enough.wait(self._chance.uniform(0.1, 0.3))
            for again in range(min(AGAIN, number // self._size)):
                self._deliver(self._events(again * self._size, self._size))

    def abandon(self) -> None:
        """Ends it wherever it is."""
        self.enough.set()
        self._give_up.set()

    def _events(self, first: int, count: int) -> list[Event]:
        return [event_of(self._source, number) for number in range(first, first + count)]

    def _deliver(self, events: Sequence[Event]) -> None:
        self.sent |= {identity(event["source"], event["id"]): event["subject"] for event in events}
        body = orjson.dumps(events[0] if self._size == 1 else events)
        attempts, wait_seconds = 0, 0.0
        while not self._give_up.wait(wait_seconds) and self.failure is None:
            attempts += 1
            sent_at = time.monotonic()
            try:
                answer = self._client.post("/events", content=body, headers=self._headers)
            except httpx.TransportError:
                self._count(0)
                wait_seconds = BROKEN_SECONDS
                continue
            self._count(answer.status_code)
            results = _results(answer)
            self.given += [_given(one["receipt"], attempts, sent_at) for one in results if "receipt" in one]
            if answer.is_success and len(results) == len(events) and all("receipt" in one for one in results):
                return
            if answer.status_code not in (408, 429, 503):
                self.failure = f"{answer.status_code} {answer.text[:500]}"
            wait_seconds = float(answer.headers.get("retry-after", 1))

    def _count(self, status: int) -> None:
        self.answers[status] = self.answers.get(status, 0) + 1


def event_of(source: str, number: int) -> Event:
    """The same event for the same number, whenever it is made: a case after another, each with its course."""
    type_ = TYPES[number % len(TYPES)]
    subject = f"case/{source.rpartition(':')[2]}-{number // len(TYPES)}"
    return sample_event(latest[type_]) | {"id": f"e-{number}", "source": source, "subject": subject}


def _results(answer: httpx.Response) -> list[dict[str, Any]]:
    """An entry for each event that was answered; a 503 to a batch may hold receipts as well."""
    said = answer.json()
    if "results" in said:
        return list(said["results"])
    return [{"receipt": said}] if answer.is_success else []


def _given(receipt: dict[str, Any], attempts: int, sent_at: float) -> Given:
    name = identity(receipt["source"], receipt["id"])
    place = (receipt["partition"], receipt["offset"])
    return Given(name, *place, receipt["status"] == "repeat", attempts, sent_at)


def streams_of(publishers: Iterable[Publisher]) -> Iterable[list[str]]:
    """The identities of each stream, as they were first sent."""
    streams = defaultdict[str, list[str]](list)
    for one in publishers:
        for name, subject in one.sent.items():
            streams[subject].append(name)
    return streams.values()


def finish(publishers: Sequence[Publisher]) -> None:
    """Tells all that it is enough, and waits until what they have in hand is settled."""
    for one in publishers:
        one.enough.set()
    wait_until(lambda: not any(one.is_alive() for one in publishers), lambda: [one.answers for one in publishers])
    assert [one.failure for one in publishers if one.failure] == []


def first_since(publishers: Sequence[Publisher], moment: float) -> Given:
    """A receipt for something that was sent after a moment; waits for it."""
    found: list[Given] = []

    def look() -> bool:
        assert not any(one.failure for one in publishers), [one.failure for one in publishers]
        found[:] = [one.given[-1] for one in publishers if one.given and one.given[-1].sent_at > moment]
        return bool(found)

    wait_until(look, lambda: [one.answers for one in publishers])
    return found[0]
