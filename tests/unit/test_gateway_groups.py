"""A group of requests is written together, and what goes wrong with one of them stays with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ledger.describe import sample_event
from ledger.errors import EventRefused, OutcomeUnknown
from ledger.event import latest
from ledger.parties import Party
from ledger.submission import check
from producers.gateway import front as front_module
from producers.gateway.answers import Accepted, Answer, Job, unanswered
from producers.gateway.front import Busy, Front
from producers.gateway.recent import Recent
from producers.gateway.writing import Entry, GroupWriter

SAMPLE = sample_event(latest["case.rated"])
PARTY = Party("tests", "tests", (SAMPLE["source"],))


class Acknowledging(GroupWriter):
    """Takes every event; raises for groups that hold a poisoned one. The real one is tested on real servers."""

    def __init__(self, error: Exception | None = None) -> None:
        self.groups: list[int] = []
        self._error = error

    def checked(self, job: Job) -> list[Entry]:
        return [Entry(job, number, None) for number in range(len(job.events))]  # type: ignore[arg-type]  # not looked at

    def write(self, entries: list[Entry]) -> None:
        self.groups.append(len(entries))
        if self._error and any(b"poison" in entry.job.events[entry.number] for entry in entries):
            raise self._error
        for entry in entries:
            entry.answer(Accepted(entry.job.events[entry.number].decode(), "s", 0, 0, False))


def run(writer: GroupWriter, *requests: Sequence[bytes]) -> tuple[list[list[Answer]], Front]:
    async def all_of_them() -> tuple[list[list[Answer]], Front]:
        front = Front(writer)
        asked = [asyncio.create_task(front.publish(PARTY, events)) for events in requests]
        await asyncio.sleep(0)
        front.start()
        try:
            return await asyncio.gather(*asked), front
        finally:
            await asyncio.to_thread(front.stop)

    return asyncio.run(all_of_them())


def test_many_requests_are_one_group_and_each_gets_its_own_answers_in_order() -> None:
    writer = Acknowledging()
    requests = [[f"{number}-{event}".encode() for event in range(number % 4)] for number in range(40)]
    answers, _ = run(writer, *requests)
    assert [[one.id for one in answer if isinstance(one, Accepted)] for answer in answers] == [
        [event.decode() for event in events] for events in requests
    ]
    assert writer.groups == [60]


def test_a_request_that_nobody_foresaw_fails_alone_and_the_trouble_is_told_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, front = run(Acknowledging(ValueError("张三")), [b"a"], [b"poison", b"b"], [b"c"])
    assert [type(one) for one in answers[1]] == [OutcomeUnknown, OutcomeUnknown]
    assert isinstance(answers[0][0], Accepted) and isinstance(answers[2][0], Accepted)
    assert front.trouble == "ValueError"
    monkeypatch.setattr(front_module, "TROUBLE_SECONDS", 0.0)
    assert front.trouble is None


def test_a_server_that_is_away_is_no_trouble_of_ours() -> None:
    answers, front = run(Acknowledging(unanswered()), [b"poison"], [b"a"])
    assert all(isinstance(one, OutcomeUnknown) for answer in answers for one in answer)
    assert front.trouble is None


def test_too_much_is_refused_before_it_is_kept() -> None:
    async def too_much() -> None:
        front = Front(Acknowledging())
        asked = asyncio.create_task(front.publish(PARTY, [b"x"] * front_module.WAITING_EVENTS))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await front.publish(PARTY, [b"x"])
        asked.cancel()

    asyncio.run(too_much())


def test_an_event_that_breaks_the_checks_themselves_is_answered_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in a check must not fail the other events of the group."""

    def breaking(event: Any, now: datetime) -> Any:
        if b"breaks" in event:
            raise RuntimeError("quotes 13812345678")
        return check(event, now)

    monkeypatch.setattr("producers.gateway.writing.check", breaking)
    none: Any = None  # nothing is sealed or sent
    group = GroupWriter(none, none, none, none, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    answered: list[list[Answer]] = []
    events = [orjson.dumps(SAMPLE), b"breaks", b"not json"]
    job = Job(PARTY, events, answered.append)
    (entry,) = group.checked(job)
    entry.answer(Accepted("a", "s", 0, 0, False))
    ((first, second, third),) = answered
    assert isinstance(first, Accepted) and isinstance(second, OutcomeUnknown) and isinstance(third, EventRefused)


def test_the_memory_of_what_was_sent_is_bounded() -> None:
    recent = Recent(most=3)
    for number in range(5):
        recent.note(str(number), "content")
    assert [recent.get(str(number)) is not None for number in range(5)] == [False, False, True, True, True]
    recent.forget("4")
    assert recent.get("4") is None
