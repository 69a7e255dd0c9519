"""What a request is while it is in work, and what becomes of each of its events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.errors import EventRefused, OutcomeUnknown
from ledger.parties import Party


class Accepted(NamedTuple):
    """Where the event stands in the ledger; `is_repeat`: it was there before."""

    id: str
    source: str
    partition: int
    offset: int
    is_repeat: bool


Answer = Accepted | EventRefused | OutcomeUnknown


def outcome(answer: Answer) -> str:
    """What metrics count it as."""
    if isinstance(answer, Accepted):
        return "repeat" if answer.is_repeat else "accepted"
    return "refused" if isinstance(answer, EventRefused) else "unknown"


@dataclass
class Job:
    """One request: its events, and the answers so far. `done` hears all of them, in the order of the events."""

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
            self.done(self.known())

    def known(self) -> list[Answer]:
        """What is known by now; of the rest nobody knows."""
        return [self.answers.get(number) or unanswered() for number in range(len(self.events))]

    def fail(self, unknown: OutcomeUnknown) -> None:
        """The answer of all that have none yet."""
        for number in range(len(self.events)):
            if number not in self.answers:
                self.answer(number, unknown)


def unanswered() -> OutcomeUnknown:
    """Nobody knows whether the event was written."""
    return OutcomeUnknown(
        "The ledger did not acknowledge in time",
        "The event may be in the ledger or not: send it again, the same id and source count once.",
    )
