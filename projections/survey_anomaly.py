"""Which events make no sense for a survey as it was before."""

from __future__ import annotations

from ledger.events import survey as said
from ledger.record import Record
from projections.family import LIST_ITEMS
from projections.survey_state import CARDS, Survey, SurveyEvent


def anomaly(survey: Survey, record: Record[SurveyEvent]) -> str | None:
    """Why the event makes no sense for this survey as it was before."""
    match record.event:
        case said.SurveyOpened(until=until):
            if survey.opened_at:
                return "opened twice"
            return "closes before it opens" if until < record.time else None
        case said.CardSubmitted() as card:
            return _of_card(survey, record, card)
        case said.SurveyClosed() if survey.closed_at:
            return "closed twice"
        case _ if survey.opened_at is None:
            return "came before the survey was opened"
        case said.RemedyProposed(item=item) | said.RemedyAdopted(item=item):
            return _of_remedy(survey, item, isinstance(record.event, said.RemedyAdopted))
    return None


def _of_card(survey: Survey, record: Record[SurveyEvent], card: said.CardSubmitted) -> str | None:
    if card.card_no in survey.numbers:
        return "a second card of one number"
    if survey.closed_at and record.time > survey.closed_at:
        return "a card after the survey was closed"
    if survey.cards >= CARDS:
        return f"over {CARDS} cards in one survey"
    scored = {one.item for one in card.scores}
    if len(scored) < len(card.scores):
        return "scored an item twice on one card"
    if survey.opened_at is None:
        return "came before the survey was opened"
    if scored - {one.item for one in survey.items}:
        return "scored an item that the survey does not have"
    return "more cards than were issued" if survey.cards >= survey.issued else None


def _of_remedy(survey: Survey, item: str, is_adoption: bool) -> str | None:
    if not any(one.item == item for one in survey.items):
        return "a remedy of an item that the survey does not have"
    known = next((one for one in survey.remedies if one.item == item), None)
    if known is None and len(survey.remedies) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} remedies in one survey"
    if is_adoption:
        if known is None or known.proposed_at is None:
            return "adopted before it was proposed"
        return "adopted twice" if known.adopted_at else None
    return "proposed after it was adopted" if known and known.adopted_at else None
