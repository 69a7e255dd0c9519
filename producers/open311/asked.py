"""Which requests somebody wants to see, from the parameters of a question.

What GeoReport does not know is left out of account, as its clients expect; what it knows has to make sense.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ledger.fields import SUBJECT_PATTERN
from ledger.limits import EARLIEST, LATEST
from ledger.protocols import RequestsAsked
from ledger.refusal import show
from producers.open311.services import Service
from producers.open311.wire import Refused

SPAN = timedelta(days=90)
PAGE_ROWS = 1_000
PAGES = 100
IDS = 100
_STATUSES = {"open": True, "closed": False}
_is_subject = re.compile(SUBJECT_PATTERN).match


def ids_of(text: str) -> list[str]:
    """The subjects of a comma-delimited list of ids; those that can't be ids name no request."""
    ids = [one.strip() for one in text.split(",") if one.strip()]
    if len(ids) > IDS:
        raise _wrong("service_request_id", f"{len(ids)} ids", f"至多 {IDS} 个", f"give at most {IDS}")
    return [subject for one in ids if (subject := subject_of(one))]


def subject_of(id_: str) -> str | None:
    """`o311-7f3a` → `case/o311-7f3a`; None for what no request can be called."""
    subject = f"case/{id_}"
    return subject if _is_subject(subject) else None


def requests_asked(given: Mapping[str, str], services: Mapping[str, Service], now: datetime) -> RequestsAsked:
    """Raises `Refused` (400, 404) where a parameter makes no sense."""
    page, rows = _number(given, "page", 1, PAGES), _number(given, "page_size", PAGE_ROWS, PAGE_ROWS)
    updated_since, updated_until = time_of(given, "updated_after"), time_of(given, "updated_before")
    is_of_updates = updated_since is not None or updated_until is not None
    since, until = span(given, now, None if is_of_updates else SPAN)
    return RequestsAsked(
        since=since,
        until=until,
        rows=rows,
        skipped=(page - 1) * rows,
        categories=_categories(given.get("service_code", ""), services),
        is_open=_is_open(given.get("status", "")),
        updated_since=updated_since,
        updated_until=updated_until,
    )


def span(given: Mapping[str, str], now: datetime, most: timedelta | None) -> tuple[datetime, datetime]:
    """`start_date` and `end_date`: where one is left out, `most` from the other; without both, up to now.

    Raises `Refused` for more than `most` (None: any).
    """
    since, until = time_of(given, "start_date"), time_of(given, "end_date")
    if until is None:
        until = now + timedelta(seconds=1) if since is None or most is None else since + most
    if since is None:
        since = EARLIEST if most is None else until - most
    if most is not None and until - since > most:
        told = f"{since.isoformat()} – {until.isoformat()}"
        raise _wrong("end_date", told, f"最长 {most.days} 天", f"ask for {most.days} days at most")
    return since, until


def time_of(given: Mapping[str, str], name: str) -> datetime | None:
    """A time as W3 writes it, with its zone; None where it is left out. Raises `Refused`."""
    text = given.get(name, "")
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text.strip().replace(" ", "+"))  # a + that was not encoded comes as a blank
        if time.tzinfo is not None:
            return min(max(time.astimezone(UTC), EARLIEST), LATEST)  # beyond these there is nothing
    except (ValueError, OverflowError):
        pass
    raise _wrong(name, text, "写成 2024-05-11T09:30:00+08:00，须带时区", "write 2024-05-11T09:30:00Z, with a zone")


def _categories(text: str, services: Mapping[str, Service]) -> list[str] | None:
    codes = [one.strip() for one in text.split(",") if one.strip()]
    for code in codes:
        if code not in services:
            raise unknown_service(code)
    return [services[code].category for code in codes] or None


def unknown_service(code: str) -> Refused:
    """A service code that is not in the list."""
    return Refused(404, f"service_code {show(code)}：没有这项服务，见 services · not in the list of services")


def _is_open(text: str) -> bool | None:
    wanted = {one.strip() for one in text.split(",") if one.strip()}
    if unknown := wanted - _STATUSES.keys():
        raise _wrong("status", min(unknown), "写 open 或 closed", "give open or closed")
    return _STATUSES[wanted.pop()] if len(wanted) == 1 else None


def _number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    raise _wrong(name, text, f"写 1 至 {most}", f"give 1 to {most}")


def _wrong(name: str, value: str, remedy_chinese: str, remedy: str) -> Refused:
    return Refused(400, f"{name} {show(value)}：{remedy_chinese} · {remedy}")
