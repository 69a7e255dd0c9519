"""wish 微心愿: made, published, claimed, granted, confirmed; the first claim wins and the others are remembered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.events import wish as said
from ledger.record import Record
from projections.case_state import capped
from projections.family import LIST_ITEMS, Deadline, Fired, Share, State, Tally, day_of, minutes_between, running

VERSION = 1

wish_day = Tally(
    "wish_day",
    ("place", "day"),
    (
        "made",
        "published",
        "claimed",
        "contested",
        "released",
        "granted",
        "home_visits",
        "confirmed",
        "score",
        "score_at_most",
        "withdrawn",
        "open",
        "unclaimed",
    ),
)
wish_unit = Tally("wish_unit", ("unit", "day"), ("claimed", "granted", "home_visits", "confirmed"))
wish_person = Tally("wish_person", ("person", "day"), ("granted", "home_visits", "confirmed", "minutes"))
TALLIES = (wish_day, wish_unit, wish_person)

WishEvent = (
    said.WishMade
    | said.WishPublished
    | said.WishClaimed
    | said.WishReleased
    | said.WishGranted
    | said.WishConfirmed
    | said.WishWithdrawn
    | said.WishOverdue
)


class Wish(State, frozen=True):
    """One wish. `source` and `event_id` say where `text` was sealed.

    `waits_since` is when it was last put up (made, published or released), told at `recorded_at`;
    `also_claimed_by` are the parties whose claim came while another one's held.
    """

    source: str | None = None
    event_id: str | None = None
    made_at: datetime | None = None
    place: str | None = None
    text: str | None = None
    wisher: str | None = None
    published_at: datetime | None = None
    title: str | None = None
    waits_since: datetime | None = None
    recorded_at: datetime | None = None
    claimed_at: datetime | None = None
    claimed_by: str | None = None
    also_claimed_by: tuple[str, ...] = ()
    released: int = 0
    granted_at: datetime | None = None
    persons: tuple[str, ...] = ()
    home_visit: bool | None = None
    same_act: str | None = None
    began: datetime | None = None
    ended: datetime | None = None
    confirmed_at: datetime | None = None
    score: int | None = None
    withdrawn_at: datetime | None = None
    fired: tuple[Fired, ...] = ()

    @property
    def is_open(self) -> bool:
        """Neither granted nor withdrawn; a claim alone fulfils nothing."""
        return self.granted_at is None and self.withdrawn_at is None


def evolve(wish: Wish, record: Record[WishEvent]) -> Wish:
    """The first claim in the ledger holds until it is released; a refused one is remembered and gets nothing later.

    A second granting adds its persons and moves nothing; the last score holds. What comes before the wish was made is
    kept and counts once it was. A wish that was granted after it was withdrawn counts as granted.
    """
    time = record.time
    match record.event:
        case said.WishMade() as event:
            wish = _waiting(wish, record) if wish.waits_since is None else wish
            return replace(
                wish,
                source=record.source,
                event_id=record.id,
                made_at=wish.made_at or time,
                place=event.place,
                text=event.text,
                wisher=event.wisher,
            )
        case said.WishPublished(title=title):
            wish = _waiting(wish, record) if wish.published_at is None and wish.released == 0 else wish
            return replace(wish, published_at=wish.published_at or time, title=title)
        case said.WishClaimed(by=by):
            return _claimed(wish, by, time)
        case said.WishReleased():
            if wish.claimed_by is None:
                return wish
            wish = _waiting(wish, record)
            return replace(wish, claimed_by=None, claimed_at=None, released=wish.released + 1)
        case said.WishGranted() as event:
            return _granted(wish, event, time)
        case said.WishConfirmed(score=score):
            return replace(wish, confirmed_at=time, score=score)
        case said.WishWithdrawn():
            return replace(wish, withdrawn_at=time)
        case said.WishOverdue(clock=clock, key=key, due=due):
            return replace(wish, fired=capped(wish.fired, Fired(clock, key or "", due)))
        case _:
            assert_never(record.event)


def _waiting(wish: Wish, record: Record[WishEvent]) -> Wish:
    return replace(wish, waits_since=record.time, recorded_at=record.stamp)


def _claimed(wish: Wish, by: str, time: datetime) -> Wish:
    if wish.claimed_by is None:
        others = tuple([one for one in wish.also_claimed_by if one != by])
        return replace(wish, claimed_by=by, claimed_at=time, also_claimed_by=others)
    if by == wish.claimed_by or by in wish.also_claimed_by:
        return wish
    return replace(wish, also_claimed_by=capped(wish.also_claimed_by, by))


def _granted(wish: Wish, event: said.WishGranted, time: datetime) -> Wish:
    persons = tuple(sorted({*wish.persons, *event.persons})[:LIST_ITEMS])
    if wish.granted_at is not None:
        return replace(wish, persons=persons)
    return replace(
        wish,
        granted_at=time,
        persons=persons,
        home_visit=event.home_visit,
        same_act=event.act,
        began=event.began,
        ended=event.ended,
    )


def anomaly(wish: Wish, record: Record[WishEvent]) -> str | None:
    """Why the event makes no sense for this wish as it was before."""
    match record.event:
        case said.WishMade():
            return "made twice" if wish.made_at else None
        case _ if wish.made_at is None:
            return "came before the wish was made"
        case said.WishPublished() if wish.published_at:
            return "published twice"
        case said.WishClaimed(by=by) if wish.claimed_by == by:
            return "claimed twice by one party"
        case said.WishClaimed() if wish.claimed_by and len(wish.also_claimed_by) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} refused claims of one wish"
        case said.WishClaimed() if wish.claimed_by:
            return "claimed while another claim holds"
        case said.WishClaimed() if not wish.is_open:
            return "claimed after it was granted or withdrawn"
        case said.WishReleased() if wish.claimed_by is None:
            return "released without being claimed"
        case said.WishGranted(began=began, ended=ended) if ended < began:
            return "ended before it began"
        case said.WishGranted(persons=persons) if len({*wish.persons, *persons}) > LIST_ITEMS:
            return f"over {LIST_ITEMS} persons granted one wish"
        case said.WishGranted() if wish.granted_at:
            return "granted twice"
        case said.WishGranted() if wish.withdrawn_at:
            return "granted after it was withdrawn"
        case said.WishGranted() if wish.claimed_by is None:
            return "granted without being claimed"
        case said.WishConfirmed() if wish.granted_at is None:
            return "confirmed before it was granted"
        case said.WishWithdrawn() if wish.granted_at:
            return "withdrawn after it was granted"
        case said.WishOverdue() if len(wish.fired) >= LIST_ITEMS:
            return f"over {LIST_ITEMS} times overdue"
    return None


def contribute(wish: Wish) -> Iterator[Share]:
    """A wish counts where and when it was made, with all that became of it; a claim and a deed on their own days."""
    granted, confirmed = wish.granted_at is not None, wish.confirmed_at is not None
    home_visits = granted and bool(wish.home_visit)
    if wish.place and wish.made_at:
        yield wish_day.share(
            wish.place,
            day_of(wish.made_at),
            made=1,
            published=wish.published_at is not None,
            claimed=wish.claimed_by is not None,
            contested=bool(wish.also_claimed_by),
            released=wish.released,
            granted=granted,
            home_visits=home_visits,
            confirmed=confirmed,
            score=wish.score or 0,
            score_at_most=100 * confirmed,
            withdrawn=wish.withdrawn_at is not None,
            open=wish.is_open,
            unclaimed=wish.is_open and wish.claimed_by is None,
        )
    counts = {"granted": granted, "home_visits": home_visits, "confirmed": granted and confirmed}
    if wish.claimed_by and wish.claimed_by.startswith("unit/") and wish.claimed_at:
        yield wish_unit.share(wish.claimed_by, day_of(wish.claimed_at), claimed=1, **counts)
    if wish.began and wish.ended:
        minutes = minutes_between(wish.began, wish.ended)
        for person in wish.persons:
            yield wish_person.share(person, day_of(wish.began), **counts, minutes=minutes)


def deadlines(wish: Wish) -> Iterator[Deadline]:
    """Nobody has claimed it since it was put up. A wish that is only claimed or published so far has no clock."""
    return running(_started(wish), wish.fired)


def _started(wish: Wish) -> Iterator[Deadline]:
    if wish.made_at and wish.is_open and wish.claimed_by is None and wish.waits_since and wish.recorded_at:
        yield Deadline(clock="unclaimed", started_at=wish.waits_since, recorded_at=wish.recorded_at)
