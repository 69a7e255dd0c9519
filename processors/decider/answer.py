"""An answer to a request: the events that it leads to, and their way into the outbox in their final bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.errors import EventRefused
from ledger.limits import FUTURE_BY_PUBLISHER
from ledger.sealing import Keys
from ledger.submission import Stored, Submission, check, stored_each
from processors.decider.asked import Asked

SOURCE = "urn:shanzhi:decider"
AUTHID = "system/decider"
DEPTH_AT_MOST = 16


class Undecided(Exception):
    """A request that nothing can be decided for: the text is its outcome."""


@dataclass(frozen=True)
class Told:
    """One event of an answer; `key` tells two of one type apart."""

    type: str
    subject: str
    data: Mapping[str, Any]
    correlation: str
    key: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of a request, in a few words, and what is told."""

    outcome: str
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Decided:
    """A request with its answer, checked: what is left is to seal and to commit."""

    asked: Asked
    outcome: str
    submissions: tuple[Submission, ...]


def checked(asked: Asked, answer: Answer, now: datetime, source: str = SOURCE, authid: str = AUTHID) -> Decided:
    """The answer's events as a way in would take them; an event is not before its cause, as far as one may be ahead.

    Raises `EventRefused`.
    """
    if answer.told and asked.depth >= DEPTH_AT_MOST:
        return Decided(asked, f"no answer: {DEPTH_AT_MOST} events of ours led to it", ())
    time = max(now, min(asked.time, now + FUTURE_BY_PUBLISHER))
    events = [
        {
            "specversion": "1.0",
            "id": asked.answer_id(told.type, told.key),
            "source": source,
            "type": told.type,
            "subject": told.subject,
            "time": time.isoformat(),
            "authid": authid,
            "correlationid": told.correlation,
            "causationid": asked.cause_id,
            "data": told.data,
        }
        for told in answer.told
    ]
    return Decided(asked, answer.outcome, tuple(check(event, now) for event in events))


def commit(cursor: Any, decided: Sequence[Decided], keys: Keys) -> list[tuple[str, str]]:
    """Puts the sealed events into the outbox; the outcomes by request, of those whose event was refused too."""
    rows, outcomes = sealed(decided, keys)
    if rows:
        _insert(cursor, rows)
    return outcomes


def sealed(decided: Sequence[Decided], keys: Keys) -> tuple[list[tuple[Stored, int]], list[tuple[str, str]]]:
    """The events with the depth of each, and the outcomes by request; of a refused answer nothing is told."""
    answers_of_all = iter(stored_each([one for each in decided for one in each.submissions], keys))
    rows: list[tuple[Stored, int]] = []
    outcomes = []
    for each in decided:
        answers = [next(answers_of_all) for _ in each.submissions]
        refused = next((one for one in answers if isinstance(one, EventRefused)), None)
        outcomes.append((each.asked.id, f"refused: {refused.code}" if refused else each.outcome))
        if refused is None:
            rows += [(one, each.asked.depth + 1) for one in answers if isinstance(one, Stored)]
    return rows, outcomes


def _insert(cursor: Any, rows: Sequence[tuple[Stored, int]]) -> None:
    """In their order, which is that of `number`; who decides twice tells once."""
    cursor.execute(
        "insert into shanzhi.outbox (source, id, subject, value, depth) "
        "select source, id, subject, value, depth from unnest(%s::text[], %s::text[], %s::text[], %s::bytea[], "
        "%s::smallint[]) with ordinality told (source, id, subject, value, depth, place) order by place "
        "on conflict do nothing",
        (
            [one.source for one, _ in rows],
            [one.id for one, _ in rows],
            [one.key.decode() for one, _ in rows],
            [one.value for one, _ in rows],
            [depth for _, depth in rows],
        ),
    )
