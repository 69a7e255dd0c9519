"""topic: what residents want dealt with (议题): collected, tabled, decided, carried out, solved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events.topic import (
    TopicCarriedOut,
    TopicCollected,
    TopicDecided,
    TopicOverdue,
    TopicSolved,
    TopicTabled,
)
from ledger.record import Record
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, running

VERSION = 1

_OUTCOMES = ("agreed", "deferred", "referred", "rejected")
topic_day = Tally(
    "topic_day",
    ("estate", "category", "day"),
    ("collected", "tabled", "decided", *_OUTCOMES, "carried_out", "solved", "overdue"),
)
topic_party = Tally("topic_party", ("party", "day"), ("responsible", "carried_out", "solved", "overdue"))
TALLIES = (topic_day, topic_party)

TopicEvent = TopicCollected | TopicTabled | TopicDecided | TopicCarriedOut | TopicSolved | TopicOverdue


class Topic(State, frozen=True):
    """One topic. `decided_stamp` is when its decision was recorded, `fired` are the clocks that ran out."""

    estate: str | None = None
    category: str | None = None
    by: str | None = None
    title: str | None = None
    of_case: str | None = None
    survey: str | None = None
    item: str | None = None
    conference: str | None = None
    conferences: int = 0
    outcome: str | None = None
    responsible: str | None = None
    due: datetime | None = None
    confirmed_by: str | None = None
    collected_at: datetime | None = None
    tabled_at: datetime | None = None
    decided_at: datetime | None = None
    decided_stamp: datetime | None = None
    carried_out_at: datetime | None = None
    solved_at: datetime | None = None
    fired: tuple[Fired, ...] = ()

    @property
    def done_at(self) -> datetime | None:
        """When it was carried out, or solved without a word on that."""
        return self.carried_out_at or self.solved_at

    @property
    def is_overdue(self) -> bool:
        """Done after its due, or not done when its clock ran out."""
        if self.due is None or self.outcome != "agreed":
            return False
        if self.done_at is not None:
            return self.done_at > self.due
        return any(one.due == self.due for one in self.fired)


def evolve(topic: Topic, record: Record[TopicEvent]) -> Topic:
    """The first collection, carrying out and solution hold; of decisions and conferences the latest in time.

    Any of them may come first; who confirmed is who did so first.
    """
    time = record.time
    match record.event:
        case TopicCollected() as event:
            return topic if topic.collected_at else _collected(topic, time, event)
        case TopicTabled(conference=conference):
            last = conference if topic.tabled_at is None or topic.tabled_at <= time else topic.conference
            tabled_at = max(topic.tabled_at or time, time)
            return replace(topic, conference=last, tabled_at=tabled_at, conferences=topic.conferences + 1)
        case TopicDecided(outcome=outcome, responsible=responsible, due=due):
            if topic.decided_at and time < topic.decided_at:
                return topic
            return replace(
                topic, outcome=outcome, responsible=responsible, due=due, decided_at=time, decided_stamp=record.stamp
            )
        case TopicCarriedOut():
            return replace(topic, carried_out_at=topic.carried_out_at or time)
        case TopicSolved(confirmed_by=confirmed_by):
            return replace(
                topic, solved_at=topic.solved_at or time, confirmed_by=topic.confirmed_by or confirmed_by
            )
        case TopicOverdue(clock=clock, key=key, due=due):
            return replace(topic, fired=(*topic.fired, Fired(clock, key or "", due))[:LIST_ITEMS])
        case _:
            assert_never(record.event)


def _collected(topic: Topic, time: datetime, event: TopicCollected) -> Topic:
    return replace(
        topic,
        estate=event.estate,
        category=event.category,
        by=event.by,
        title=event.title,
        of_case=event.case,
        survey=event.survey,
        item=event.item,
        collected_at=time,
    )


def anomaly(topic: Topic, record: Record[TopicEvent]) -> str | None:
    """Why the event makes no sense for this topic as it was before."""
    match record.event:
        case TopicCollected():
            return "collected twice" if topic.collected_at else None
        case _ if topic.collected_at is None:
            return "came before the topic was collected"
        case TopicTabled() | TopicDecided() if topic.solved_at:
            return "tabled or decided after it was solved"
        case TopicDecided() if topic.tabled_at is None:
            return "decided without a conference"
        case TopicCarriedOut() if topic.carried_out_at:
            return "carried out twice"
        case TopicCarriedOut() if topic.outcome not in ("agreed", "referred"):
            return "carried out without being agreed"
        case TopicSolved() if topic.solved_at:
            return "solved twice"
        case TopicSolved() if topic.outcome == "rejected":
            return "solved after it was rejected"
        case TopicOverdue() if len(topic.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} times overdue"
        case TopicOverdue() if topic.done_at:
            return "overdue after it was done"
    return None


def contribute(topic: Topic) -> Iterator[Share]:
    """It counts at its estate on the day of its collection, with who is responsible on the day of the decision."""
    ends = {
        "carried_out": topic.carried_out_at is not None,
        "solved": topic.solved_at is not None,
        "overdue": topic.is_overdue,
    }
    if topic.estate and topic.category and topic.collected_at:
        outcome = {topic.outcome: 1, "decided": 1} if topic.outcome else {}
        tabled = topic.tabled_at is not None
        yield topic_day.share(
            topic.estate, topic.category, day_of(topic.collected_at), collected=1, tabled=tabled, **outcome, **ends
        )
    if topic.responsible and topic.decided_at:
        yield topic_party.share(topic.responsible, day_of(topic.decided_at), responsible=1, **ends)


def deadlines(topic: Topic) -> Iterator[Deadline]:
    """What was agreed is to be carried out by its due."""
    if topic.outcome == "agreed" and topic.due and topic.decided_at and topic.decided_stamp and not topic.done_at:
        clock = Deadline(
            clock="carry_out",
            started_at=topic.decided_at,
            recorded_at=topic.decided_stamp,
            due=topic.due,
            holder=topic.responsible,
        )
        yield from running([clock], topic.fired)
