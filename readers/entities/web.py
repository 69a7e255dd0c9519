"""The pages of entities, the receipts of their events, their photos, and looking a case up by its number 查单."""

from __future__ import annotations

import re
import threading
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from audit.receipts import receipt
from audit.replay import replay_subject
from audit.told import Told
from ledger.errors import OutcomeUnknown
from ledger.partition import partition_of
from ledger.topics import PARTITIONS
from projections.read import QuestionRefused
from readers.accounts.csrf import Checked
from readers.accounts.rights import may_publish
from readers.asking import login_of, services_of
from readers.entities import acts, clocks, facts, lookup, photographs, sight, timeline
from readers.entities.explained import explanations
from readers.entities.showing import Showing, references_in
from readers.entities.timeline import Entry
from readers.forms import words
from readers.forms.choices import Choices
from readers.language import language_of
from readers.publishing import SOURCE
from readers.refusals import NotFound
from readers.rendering import page

_PAGE = "/entities/{family}/{id_}"
_digits = re.compile(r"[0-9]{1,15}\Z").match
ENTRIES = 200
"""Of a longer timeline the latest are shown."""
_AT_ONCE, _WAIT_SECONDS = 4, 5.0  # each reads the ledger by a connection of its own
_reading = threading.BoundedSemaphore(_AT_ONCE)
router = APIRouter(include_in_schema=False)


@router.get(_PAGE)
def entity(request: Request, family: str, id_: str) -> Response:
    """What is true of it now, its timeline, what comes next. A resident's first look of a day at a case is an event."""
    subject = f"{family}/{id_}"
    is_veiled = sight.is_veiled(request, subject)
    told = _told(request, subject)
    services, login = services_of(request), login_of(request)
    rows, running = facts.facts(services.tables, subject), clocks.running(services.tables, subject, services.now())
    spoken = [[one.event for one in told], [one.value for one in rows], subject, [one.holder for one in running]]
    showing = _showing(request, spoken, is_veiled=is_veiled)
    shown = told[-ENTRIES:]
    seen = {} if is_veiled else timeline.opened_fields(request, subject, shown)
    answer = page(
        request, "entities/entity.html", subject=subject, family=family, showing=showing, clocks=running,
        facts=[(one, text) for one in rows if (text := showing.text(one.value, one.column))],
        entries=timeline.entries(shown, seen, showing, is_veiled=is_veiled), total=len(told),
        acts=acts.acts(services.tables, login, subject, services.now()), may_prove=not is_veiled,
        may_correct=may_publish(login, f"{family}.corrected"), corrections=corrections,
        words_of_family=words.choice(family).in_(showing.language),
        explanations=explanations(login, subject, services.now()),
    )  # fmt: skip
    if lookup.is_look(request, subject):
        answer.background = BackgroundTask(lookup.publish, services, login, subject)
    return answer


@router.get(_PAGE + "/receipt/{partition}/{offset}")
def proof(request: Request, family: str, id_: str, partition: str, offset: str) -> Response:
    """The receipt of one of its events: that it stands in the ledger as it was sealed, for `verify_receipt.py`."""
    subject = f"{family}/{id_}"
    if sight.is_veiled(request, subject) or not (_digits(partition) and _digits(offset)):
        raise sight.not_found(subject)
    services = services_of(request)
    if int(partition) != partition_of(subject.encode(), PARTITIONS) or not any(
        one.position == f"{partition}:{offset}" for one in _told(request, subject)
    ):
        raise sight.not_found(f"{subject} {partition}:{offset}")
    made = receipt(services.database_url, services.kafka_bootstrap, int(partition), int(offset))
    name = f"receipt-{partition}-{offset}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(msgspec.json.format(msgspec.json.encode(made)), 200, headers, "application/json")


@router.get(_PAGE + "/photos/{photo}")
def photo(request: Request, family: str, id_: str, photo: str) -> Response:
    """A photo of one of its events, for roles that may see photos; every look is logged."""
    subject = f"{family}/{id_}"
    if sight.is_veiled(request, subject):
        raise sight.not_found(subject)
    found = photographs.opened(request, subject, photo, _told(request, subject))
    if found is None:
        raise NotFound("没有这张照片，或已遗忘 · There is no such photo, or it was forgotten", "核对地址 · Check it.")
    media_type, picture = found
    return Response(picture, 200, {"Cache-Control": "private, no-store"}, media_type)


@router.get("/lookup")
def look(request: Request) -> Response:
    """查单: where a resident gives the number of a case."""
    return page(request, "entities/lookup.html", number="", is_wrong=False)


@router.post("/lookup")
def found(request: Request, form: Checked) -> Response:
    """Leads to the case of a number."""
    number = str(form.get("number") or "").strip().removeprefix("case/").lower()
    subject = f"case/{number}"
    if not sight.is_unguessable(subject) or not facts.facts(services_of(request).tables, subject):
        return page(request, "entities/lookup.html", status=422, number=number[:60], is_wrong=True)
    return RedirectResponse(f"/entities/{subject}", 303)


def _told(request: Request, subject: str) -> list[Told]:
    """Its events, read from the ledger: few at a time. Raises `NotFound`, `OutcomeUnknown`."""
    services = services_of(request)
    if not _reading.acquire(timeout=_WAIT_SECONDS):
        raise OutcomeUnknown("Too many timelines at once", "Ask again in a moment.")
    try:
        return replay_subject(services.kafka_bootstrap, services.database_url, subject).told
    except QuestionRefused as refused:
        raise sight.not_found(subject) from refused
    finally:
        _reading.release()


def corrections(one: Entry) -> dict[str, str]:
    """What a form that corrects or voids an event is told of it."""
    source = {} if one.source == SOURCE else {"event_source": one.source}
    return {"event": one.id, "_of": one.type, **source}


def _showing(request: Request, values: Any, *, is_veiled: bool) -> Showing:
    """With the names of all that is spoken of; of people the masked ones, for those who may know of them."""
    services = services_of(request)
    references = set(references_in(values))
    names = services.tables.names_of(references)
    if not is_veiled:
        people = Choices(services.tables, services.keys, login_of(request)).shown(references - names.keys())
        names |= {reference: shown.replace(" · person/", " ") for reference, shown in people.items()}
    return Showing(names, language_of(request), is_veiled)
