"""What a form's event is about, and by which id: made from one random text, so that a form sent twice says the same."""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from ledger.event import latest

OPENING = frozenset(
    """
    case.discovered place.registered unit.registered person.registered team.formed duty.reported duty.served
    activity.planned volunteer.acted wish.made pledge.made visit.paid care.paired curtain.agreed council.formed
    conference.convened topic.collected mediation.opened listing.posted contract.signed order.placed patrol.made
    hazard.found survey.opened application.filed task.assigned camera.registered
    """.split()  # noqa: SIM905 - words are read, not punctuation
)
"""The types that begin a stream: their form needs no subject."""
NAMED = frozenset({"service.offered", "service.queried"})
"""The types whose data names the stream."""
_ID_BYTES = 16
_NAME_CHARACTERS = 16  # of base32: 80 bits, so that nobody guesses the number of a case
_is_id = re.compile(r"[A-Za-z0-9_-]{20,40}\Z").match
_is_name = re.compile(r"[A-Za-z0-9._~-]{1,60}\Z").match


def new_form_id() -> str:
    """Made when a form is drawn; the id of its event."""
    return secrets.token_urlsafe(_ID_BYTES)


def is_form_id(text: str) -> bool:
    """Whether a form that was drawn here can have had it."""
    return _is_id(text) is not None


def new_subject(type_: str, form_id: str, time: datetime) -> str:
    """`case/20240511-k7m29xqp4tzd8wca`: the day is Shanghai's, as `time` is; the rest is made from the form's id."""
    digest = sha256(f"{type_}\0{form_id}".encode()).digest()
    name = b32encode(digest).decode().lower()[:_NAME_CHARACTERS]
    return f"{latest[type_].subjects[0]}/{time:%Y%m%d}-{name}"


def named_subject(type_: str, data: Mapping[str, Any], time: datetime) -> str | None:
    """The subject where the data says it: a service item by its stable id, questions about it by the month."""
    if type_ not in NAMED:
        return None
    item, community = data.get("item"), str(data.get("community", "")).partition("/")[2]
    if not isinstance(item, str) or not _is_name(item):
        return None
    return f"service/{item}" if type_ == "service.offered" else f"service/{item}~{community}~{time:%Y-%m}"


def anonymous(form_id: str) -> str:
    """Who acts where nobody is logged in: an id of this one event, so that nothing ties two of them together."""
    return f"resident/anonymous-{sha256(form_id.encode()).hexdigest()[:16]}"
