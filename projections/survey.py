"""survey: scores and opinions of residents (居民满意打分卡、意见卡), and the remedies of what failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from ledger.events import survey as said
from ledger.record import Record
from projections.family import LIST_ITEMS, Deadline, Request, Share, Tally, day_of
from projections.survey_anomaly import anomaly
from projections.survey_state import CARDS, Item, Mean, Remedy, Survey, SurveyEvent

VERSION = 1

survey_day = Tally(
    "survey_day",
    ("estate", "day"),
    ("opened", "closed", "issued", "cards", "opinions", "remedies", "adopted"),
)
survey_item = Tally("survey_item", ("estate", "item", "day"), ("scores", "score_total"))
survey_party = Tally("survey_party", ("party", "item", "day"), ("scores", "score_total"))
TALLIES = (survey_day, survey_item, survey_party)

__all__ = ["TALLIES", "VERSION", "Survey", "anomaly", "contribute", "deadlines", "evolve", "react"]


def evolve(survey: Survey, record: Record[SurveyEvent]) -> Survey:
    """The first opening, closing and card of a number hold, in the order of the ledger.

    A card of a later time than the closing does not count. An item has one remedy: proposals replace each other until
    one is adopted, and an adoption that comes first waits for its proposal. Cards may come before the opening.
    """
    match record.event:
        case said.SurveyOpened() as event:
            return survey if survey.opened_at else _opened(survey, record, event)
        case said.CardSubmitted() as event:
            return _with_card(survey, record.time, event)
        case said.SurveyClosed():
            return replace(survey, closed_at=survey.closed_at or record.time)
        case said.RemedyProposed(item=item, topic=topic, change=change, to=to):
            known = _remedy(survey, item)
            if known.adopted_at and known.proposed_at:
                return survey
            return _with_remedy(survey, replace(known, topic=topic, change=change, to=to, proposed_at=record.time))
        case said.RemedyAdopted(item=item, authority=authority):
            known = _remedy(survey, item)
            if known.adopted_at:
                return survey
            return _with_remedy(survey, replace(known, authority=authority, adopted_at=record.time))
        case _:
            assert_never(record.event)


def _opened(survey: Survey, record: Record[SurveyEvent], event: said.SurveyOpened) -> Survey:
    return replace(
        survey,
        estate=event.estate,
        organiser=event.organiser,
        until=event.until,
        issued=event.issued,
        items=tuple(Item(one.item, one.provider, one.method, one.form) for one in event.items),
        opened_at=record.time,
        recorded_at=record.stamp,
    )


def _with_card(survey: Survey, time: datetime, card: said.CardSubmitted) -> Survey:
    is_late = survey.closed_at is not None and time > survey.closed_at
    if is_late or survey.cards >= CARDS or card.card_no in survey.numbers:
        return survey
    means = {one.item: one for one in survey.means}
    scored = {one.item: one.score for one in reversed(card.scores)}  # of an item that stands there twice the first
    for item, score in scored.items():
        known = means.get(item, Mean(item, 0, 0))
        if item in means or len(means) < LIST_ITEMS:
            means[item] = Mean(item, known.scores + 1, known.total + score)
    return replace(
        survey,
        numbers=(*survey.numbers, card.card_no),
        cards=survey.cards + 1,
        opinions=survey.opinions + (card.opinion is not None),
        means=tuple(means[item] for item in sorted(means)),
    )


def _remedy(survey: Survey, item: str) -> Remedy:
    return next((one for one in survey.remedies if one.item == item), Remedy(item))


def _with_remedy(survey: Survey, remedy: Remedy) -> Survey:
    kept = tuple(remedy if one.item == remedy.item else one for one in survey.remedies)
    return replace(survey, remedies=kept if remedy in kept else (*kept, remedy)[:LIST_ITEMS])


def contribute(survey: Survey) -> Iterator[Share]:
    """A survey counts at its estate on the day on which it opened; its scores by item and by who provides it."""
    if survey.estate is None or survey.opened_at is None:
        return
    day = day_of(survey.opened_at)
    yield survey_day.share(
        survey.estate,
        day,
        opened=1,
        closed=survey.closed_at is not None,
        issued=survey.issued,
        cards=survey.cards,
        opinions=survey.opinions,
        remedies=sum(one.proposed_at is not None for one in survey.remedies),
        adopted=sum(one.adopted_at is not None for one in survey.remedies),
    )
    providers = {one.item: one.provider for one in survey.items}
    for mean in survey.means:
        if mean.item in providers:
            scores = {"scores": mean.scores, "score_total": mean.total}
            yield survey_item.share(survey.estate, mean.item, day, **scores)
            yield survey_party.share(providers[mean.item], mean.item, day, **scores)


def deadlines(survey: Survey) -> Iterator[Deadline]:
    """An open survey closes at `until`."""
    if survey.opened_at and survey.recorded_at and survey.until and not survey.closed_at:
        yield Deadline(
            clock="until", started_at=survey.opened_at, recorded_at=survey.recorded_at, due=survey.until
        )


def react(before: Survey, after: Survey, record: Record[Any]) -> Iterator[Request]:
    """Its first closing asks for topics of what failed or scored low, judged by the rule that is in force."""
    if after.closed_at and not before.closed_at and after.estate:
        known = {one.item for one in after.items}
        scored = [one for one in after.means if one.item in known]
        items = [{"item": one.item, "scores": one.scores, "sum": one.total} for one in scored]
        yield Request(kind="survey_topics", details={"estate": after.estate, "items": items})
