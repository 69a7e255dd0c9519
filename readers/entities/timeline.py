"""The timeline of an entity: its events from the ledger, by position, as far as the login sees into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from starlette.requests import Request

from audit.told import Told
from ledger.event import kinds
from ledger.unsealing import Field, SealedField, sealed_fields
from projections.read import reason_in_chinese
from readers.accounts.opening import opened
from readers.entities.showing import Showing
from readers.forms import words

_REASON = "entity page 办件页"
_SYSTEM = "urn:"


class Line(NamedTuple):
    """One field of an event. `seal`: plain, masked, forgotten or unreadable where it was sealed, else empty."""

    label: str
    text: str
    seal: str = ""


class Candidate(NamedTuple):
    """Somebody who could have been given a case, and what they carried then."""

    person: str
    load: int
    is_chosen: bool


@dataclass(frozen=True)
class Entry:
    """One event. `position` is `partition:offset`, `by` whoever said it, empty where that may not be told."""

    position: str
    time: datetime
    type: str
    title: str
    id: str
    source: str
    by: str
    lines: Sequence[Line]
    photos: Sequence[str]
    candidates: Sequence[Candidate]
    remarks: Sequence[Line]
    is_voided: bool


def opened_fields(request: Request, subject: str, told: Sequence[Told]) -> dict[tuple[str, str], Field]:
    """What the login sees of sealed fields, by the event's position and the field's name; the look is logged."""
    sealed = [(one.position, field) for one in told for field in _sealed(one)]
    seen = opened(request, subject, [field for _, field in sealed], _REASON) if sealed else []
    return {(position, _name(field)): found for (position, field), found in zip(sealed, seen, strict=True)}


def entries(
    told: Sequence[Told], seen: Mapping[tuple[str, str], Field], showing: Showing, *, is_veiled: bool
) -> list[Entry]:
    """Events as a page tells them, the latest first. Strangers see neither sealed fields nor people nor photos."""
    return [_entry(one, seen, showing, is_veiled) for one in reversed(told)]


def _entry(one: Told, seen: Mapping[tuple[str, str], Field], showing: Showing, is_veiled: bool) -> Entry:
    event, data = one.event, one.event.get("data", {})
    type_, authid = event["type"], event["authid"]
    candidates = () if is_veiled else [_candidate(each, data) for each in data.get("candidates", ())]
    lines = [line for name in data if (line := _line(one, name, seen, showing)) and not (is_veiled and line.seal)]
    return Entry(
        position=one.position,
        time=one.time,
        type=type_,
        title=words.title(type_).in_(showing.language) if one.term else type_,
        id=event["id"],
        source=event["source"],
        by=authid if not is_veiled or authid.startswith(_SYSTEM) else "",
        lines=lines,
        photos=() if is_veiled else [photo["id"] for photo in data.get("photos", ())],
        candidates=candidates,
        remarks=[] if is_veiled else [_remark(type_, remark, showing) for remark in one.remarks],
        is_voided=any(remark.kind == "voided" for remark in one.remarks),
    )


def _line(one: Told, name: str, seen: Mapping[tuple[str, str], Field], showing: Showing) -> Line | None:
    """A field of an event, None for what is shown apart or may not be told."""
    if name in ("photos", "candidates"):
        return None
    label = words.label(one.event["type"], name).in_(showing.language)
    if name in one.sealed:
        field = seen.get((one.position, name))
        return Line(label, showing.text(field.value) if field else "", field.shown if field else "masked")
    text = showing.text(one.event["data"][name], name)
    return Line(label, text) if text else None


def _candidate(told: Mapping[str, Any], data: Mapping[str, Any]) -> Candidate:
    return Candidate(told["person"], told["load"], told["person"] == data.get("to"))


def _remark(type_: str, remark: Any, showing: Showing) -> Line:
    """An anomaly, or what corrects or voids the event."""
    if remark.kind == "corrected":
        field = words.label(type_, remark.field).in_(showing.language)
        return Line("corrected", f"{field} → {showing.text(remark.to, remark.field)} · {remark.reason}")
    chinese = reason_in_chinese(remark.reason) if showing.language == "zh" else None
    return Line(remark.kind, chinese or remark.reason)


def _sealed(one: Told) -> list[SealedField]:
    event = one.event
    kind = kinds.get(event["dataschema"])
    if kind is None or not one.sealed:
        return []
    return sealed_fields(kind, event["source"], event["id"], event["subject"], event["data"])


def _name(field: SealedField) -> str:
    return field.pointer.removeprefix("/data/")
