"""A submitted CloudEvent: checked against the catalogue, sealed, and made into the bytes of the ledger.

Every way in (Python publisher, HTTP gateway, intake) goes through `check` and `stored`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from msgspec import Struct

import ledger.events  # noqa: F401 - fills the registry
from ledger import limits, nesting, opaque
from ledger.envelope import ATTRIBUTES
from ledger.errors import EventRefused, PersonForgotten
from ledger.event import EventKind, dataschema, kinds, latest
from ledger.fields import SUBJECT_PATTERN
from ledger.refusal import NOT_SHOWN, data_refused, nearest, pointer_to, refuse, show
from ledger.sealing import Keys, seal

REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "authid", "data")
_EXTENSIONS = ("authtype", "correlationid", "causationid", "traceparent")
_KEPT = ("id", "source", "subject", "authid", *_EXTENSIONS)
_subject_matches = re.compile(SUBJECT_PATTERN).match


@dataclass(frozen=True)
class Submission:
    """A sound event, not yet sealed. `data` is an instance of the kind's plain twin, times in UTC."""

    kind: EventKind
    attributes: Mapping[str, str]
    time: datetime
    data: Struct


@dataclass(frozen=True)
class Stored:
    """What goes to Kafka: key = subject, value = the sealed event as structured CloudEvents JSON."""

    id: str
    source: str
    key: bytes
    value: bytes


def check(submitted: bytes | Mapping[str, Any], now: datetime) -> Submission:
    """The submitted event, or `EventRefused` with pointer, value, rule and remedy. `now` is aware."""
    text = submitted if isinstance(submitted, bytes) else orjson_bytes(submitted)
    event = _parse(text)
    _check_attributes(event)
    kind = _kind(event)
    time = _time(event["time"], now)
    data = _data(kind, event["data"])
    opaque.check(text, event, {kind.wire_names[field.name] for field in kind.personal})
    kept = {name: event[name] for name in _KEPT if name in event}
    return Submission(kind, kept, time, data)


def stored(submissions: Sequence[Submission], keys: Keys) -> list[Stored]:
    """As `stored_each`, but all or nothing: raises the first refusal."""
    answers = stored_each(submissions, keys)
    for answer in answers:
        if isinstance(answer, EventRefused):
            raise answer
    return [answer for answer in answers if isinstance(answer, Stored)]


def stored_each(submissions: Sequence[Submission], keys: Keys) -> list[Stored | EventRefused]:
    """The bytes of the ledger, personal fields sealed; one look at the vault for all of them.

    Somebody who was forgotten refuses the events that speak of them, and no other.
    """
    ciphers = _ciphers({owner for one in submissions for owner in _owners(one)}, keys)
    answers: list[Stored | EventRefused] = []
    for one in submissions:
        try:
            answers.append(_stored(one, ciphers))
        except EventRefused as refusal:
            answers.append(refusal)
    return answers


def _ciphers(owners: set[str], keys: Keys) -> dict[str, AESSIV]:
    """A cipher by owner; those who were forgotten have none."""
    while True:
        try:
            return {owner: AESSIV(key) for owner, key in keys.for_owners(owners).items()}
        except PersonForgotten as forgotten:
            if not forgotten.owners & owners:
                raise
            owners -= forgotten.owners


def orjson_bytes(event: Mapping[str, Any]) -> bytes:
    """The JSON of an event given as a mapping. Raises `EventRefused` for what JSON can't hold."""
    try:
        return orjson.dumps(event)
    except (orjson.JSONEncodeError, RecursionError) as error:
        refuse("", type(event).__name__, f"not representable as JSON: {error}", "Give plain JSON values.")


def _parse(text: bytes) -> dict[str, Any]:
    if len(text) > limits.SUBMITTED_BYTES:
        refuse("", f"{len(text)} bytes", f"over {limits.SUBMITTED_BYTES} bytes", "Shorten texts; send photos apart.")
    if nesting.exceeds(text, limits.NESTING_LEVELS):
        refuse("", "nested", f"nested over {limits.NESTING_LEVELS} levels", "Send flat data as the schema has it.")
    try:
        event = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError) as error:
        refuse("", f"{len(text)} bytes", f"not JSON: {error}", "Send one JSON object in UTF-8.")
    if not isinstance(event, dict):
        refuse("", type(event).__name__, "not a JSON object", "Send one CloudEvent in structured mode.")
    if nesting.spells_nul(text):
        refuse("", "U+0000", "the character U+0000 can't be stored", "Remove it.")
    return event


def _check_attributes(event: Mapping[str, Any]) -> None:
    for name, value in event.items():
        if name not in ATTRIBUTES:
            refuse(pointer_to(name), NOT_SHOWN, "not an attribute that is registered here", nearest(name, ATTRIBUTES))
        if name != "data" and (not isinstance(value, str) or not 0 < len(value) <= limits.NAME_CHARACTERS):
            shown = f"{len(value)} characters" if isinstance(value, str) else type(value).__name__
            refuse(f"/{name}", shown, f"has to be 1 to {limits.NAME_CHARACTERS} characters of text", "Correct it.")
    for name in REQUIRED:
        if name not in event:
            refuse(f"/{name}", "absent", "the attribute is mandatory", f"Add “{name}”; has: {', '.join(event)}.")
    if event["specversion"] != "1.0":
        refuse("/specversion", show(event["specversion"]), "has to be 1.0", "Send CloudEvents 1.0.")
    if event.get("datacontenttype", "application/json") != "application/json":
        refuse("/datacontenttype", show(event["datacontenttype"]), "has to be application/json", "Send JSON data.")
    if not _subject_matches(event["subject"]):
        rule = "has to be kind/id, id of 1 to 120 of A-Z a-z 0-9 . _ ~ -"
        refuse("/subject", show(event["subject"]), rule, "For example case/20240511-0007.")


def _kind(event: Mapping[str, Any]) -> EventKind:
    type_ = event["type"]
    if type_ not in latest:
        refuse("/type", show(type_), "not in the catalogue", nearest(type_, latest))
    schema = event.get("dataschema", dataschema(type_, 1))  # never the latest: a resend has to say the same
    kind = kinds.get(schema)
    if kind is None or kind.type != type_:
        known = ", ".join(schema for schema, kind in kinds.items() if kind.type == type_)
        refuse("/dataschema", show(schema), f"not a version of {type_}", f"Known: {known}.")
    if event["subject"].partition("/")[0] not in kind.subjects:
        allowed = " or ".join(f"{subject}/…" for subject in kind.subjects)
        refuse("/subject", show(event["subject"]), f"{type_} speaks of {allowed}", f"See: shanzhi describe {type_}")
    return kind


def _time(text: str, now: datetime) -> datetime:
    try:
        time = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        refuse("/time", show(text), "not a time of RFC 3339", "For example 2024-05-11T09:30:00+08:00.")
    if time.tzinfo is None:
        refuse("/time", show(text), "a time without a zone", f"Add the zone: {text}+08:00.")
    time = _bounded("/time", time)
    if time > now + limits.FUTURE_BY_PUBLISHER:
        refuse("/time", text, f"over 23 h in the future (now {now.isoformat()})", "Check the clock and the zone.")
    return time


def _data(kind: EventKind, data: Any) -> Struct:
    try:
        plain = msgspec.convert(data, kind.plain)
    except msgspec.ValidationError as error:
        data_refused(kind, data, error)
    if not kind.times:
        return plain
    times = {name: getattr(plain, name) for name in kind.times}
    moved = {name: _bounded(f"/data/{kind.wire_names[name]}", time) for name, time in times.items() if time is not None}
    return msgspec.structs.replace(plain, **moved) if moved else plain


def _bounded(pointer: str, time: datetime) -> datetime:
    if not limits.EARLIEST <= time < limits.LATEST:
        bounds = f"{limits.EARLIEST.year} to {limits.LATEST.year}"
        refuse(pointer, time.isoformat(), f"outside the years {bounds}", "Correct the year.")
    return time.astimezone(UTC)


def _owners(submission: Submission) -> Iterable[str]:
    for field in submission.kind.personal:
        if getattr(submission.data, field.name) is not None:
            yield _owner(submission, field.owner)


def _owner(submission: Submission, field: str | None) -> str:
    named = getattr(submission.data, field) if field else None
    return named or submission.attributes["subject"]


def _stored(submission: Submission, ciphers: Mapping[str, AESSIV]) -> Stored:
    kind, attributes = submission.kind, submission.attributes
    data = msgspec.to_builtins(submission.data)
    for field in kind.personal:
        plain = getattr(submission.data, field.name)
        if plain is not None:
            name, owner = kind.wire_names[field.name], _owner(submission, field.owner)
            if owner not in ciphers:
                raise PersonForgotten([owner], f"/data/{kind.wire_names[field.owner]}" if field.owner else "/subject")
            text = msgspec.json.encode(plain)
            data[name] = seal(ciphers[owner], text, attributes["source"], attributes["id"], f"/data/{name}")
    value = orjson.dumps(
        {
            "specversion": "1.0",
            "id": attributes["id"],
            "source": attributes["source"],
            "type": kind.type,
            "subject": attributes["subject"],
            "time": submission.time,
            "dataschema": kind.dataschema,
            "authid": attributes["authid"],
            **{name: attributes[name] for name in _EXTENSIONS if name in attributes},
            "data": data,
        },
        option=orjson.OPT_UTC_Z,
    )
    if len(value) > limits.LEDGER_BYTES:
        refuse("", f"{len(value)} bytes sealed", f"over {limits.LEDGER_BYTES} bytes in the ledger", "Shorten texts.")
    return Stored(attributes["id"], attributes["source"], attributes["subject"].encode(), value)


__all__ = ["EventRefused", "Stored", "Submission", "check", "orjson_bytes", "stored", "stored_each"]
