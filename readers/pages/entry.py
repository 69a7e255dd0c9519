"""One entry of a grid worker feeds a visit, its finding and, where the finding is to be dealt with, a case.

Both events have ids that follow from the form's, so that a second click or a resend counts once. The case comes first:
the visit names it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ledger.event import latest
from ledger.limits import NAME_CHARACTERS, TEXT_CHARACTERS
from readers.accounts.csrf import Checked
from readers.accounts.login import Login
from readers.accounts.telling import check_event
from readers.asking import required_login, services_of
from readers.language import Text
from readers.publishing import SOURCE, Receipt, Refused
from readers.rendering import page
from readers.services import Services

MINUTES_AT_MOST = 24 * 60
URGENCIES = ("ordinary", "urgent", "emergency")
_is_id = re.compile(r"[A-Za-z0-9_-]{22}\Z").match
_is_place = re.compile(r"place/[A-Za-z0-9._~-]{1,120}\Z").match
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Entry:
    """What was typed, as it was typed. `began` is when the form was drawn, by the county's time."""

    id: str
    drawn_at: str
    place: str
    household: str = ""
    minutes: str = "20"
    findings: str = ""
    category: str = ""
    urgency: str = "ordinary"

    @property
    def is_case(self) -> bool:
        """Whether the finding is to become a case."""
        return bool(self.category)


@dataclass(frozen=True)
class Told:
    """What became of an entry: receipts by event type, or what is wrong with it."""

    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    wrong: tuple[Text, ...] = ()
    case: str | None = None


@router.get("/grid/entry")
def draw(request: Request) -> Response:
    """The form."""
    login = required_login(request, "grid_worker")
    grant = login.grant_of("grid_worker")
    now = services_of(request).now().isoformat()
    return _page(request, Entry(secrets.token_urlsafe(16), now, (grant and grant.place) or ""), Told())


@router.post("/grid/entry")
def publish(request: Request, form: Checked) -> Response:
    """Publishes the visit, and the case."""
    login, services = required_login(request, "grid_worker"), services_of(request)
    entry = _entry(form)
    wrong = tuple(_wrong(entry))
    return _page(request, entry, Told(wrong=wrong) if wrong else _told(services, login, entry))


def _page(request: Request, entry: Entry, told: Told) -> Response:
    status = 422 if told.wrong else 200
    return page(request, "pages/entry.html", status=status, entry=entry, told=told, urgencies=URGENCIES)


def _entry(form: FormData) -> Entry:
    names = ("id", "drawn_at", "place", "household", "minutes", "findings", "category", "urgency")
    return Entry(**{name: str(form.get(name, "")).strip() for name in names})


def _wrong(entry: Entry) -> Iterator[Text]:
    if not _is_id(entry.id) or not _drawn_at(entry):
        yield Text("页面已过期，请重新打开", "This page is too old: open it again")
    if not _is_place(entry.place):
        yield Text("地点写成 place/…", "The place is written as place/…")
    if not entry.minutes.isdecimal() or not 1 <= int(entry.minutes) <= MINUTES_AT_MOST:
        yield Text("时长为 1 至 1440 分钟", "1 to 1440 minutes")
    if len(entry.findings) > TEXT_CHARACTERS or len(entry.category) > NAME_CHARACTERS:
        yield Text(f"最多 {TEXT_CHARACTERS} 字", f"At most {TEXT_CHARACTERS} characters")
    if entry.is_case and not entry.findings:
        yield Text("要立案，请写明发现了什么", "For a case, say what you found")
    if entry.urgency not in URGENCIES:
        yield Text("请选择紧急程度", "Choose how urgent it is")


def _drawn_at(entry: Entry) -> datetime | None:
    try:
        told = datetime.fromisoformat(entry.drawn_at)
    except ValueError:
        return None
    return told if told.tzinfo else None


def _told(services: Services, login: Login, entry: Entry) -> Told:
    """Publishes one after the other; what is not sure is said, and sent again with the same ids."""
    receipts: dict[str, Receipt] = {}
    case = f"case/{entry.id}" if entry.is_case else None
    for type_, subject, data in _events(login, entry, case):
        check_event(services.tables, login, type_, subject, data)
        answer = services.gateway.publish(_event(login, entry, type_, subject, data))
        if isinstance(answer, Refused):
            errors = answer.problem.get("errors") or [{"detail": answer.problem.get("detail", "")}]
            said = tuple(Text(*[str(one.get("detail") or one.get("rule") or "")] * 2) for one in errors)
            return Told(receipts, said, case)
        if not isinstance(answer, Receipt):
            unknown = Text("没有得到回音，请再提交一次；只计一次", "No answer: send it again; it counts once")
            return Told(receipts, (unknown,), case)
        receipts[type_] = answer
    return Told(receipts, case=case)


def _events(login: Login, entry: Entry, case: str | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if case:
        yield (
            "case.discovered",
            case,
            {
                "channel": "visit",
                "demand": "report",
                "category": entry.category,
                "urgency": entry.urgency,
                "place": entry.place,
                "text": entry.findings,
            },
        )
    ended = _drawn_at(entry)
    assert ended is not None
    visit = {
        "person": login.person,
        "kind": "household",
        "place": entry.place,
        "began": (ended - timedelta(minutes=int(entry.minutes))).isoformat(),
        "ended": ended.isoformat(),
        "household": f"person/{entry.household}" if entry.household else None,
        "findings": entry.findings or None,
        "case": case,
    }
    yield "visit.paid", f"visit/{entry.id}", {name: value for name, value in visit.items() if value is not None}


def _event(login: Login, entry: Entry, type_: str, subject: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{entry.id}-{type_}",
        "source": SOURCE,
        "type": type_,
        "dataschema": latest[type_].dataschema,
        "subject": subject,
        "time": entry.drawn_at,
        "authid": login.person,
        "data": dict(data),
    }
