"""A submitted CloudEvent: checked against the catalogue, sealed, and made into the bytes of the ledger.

Every way in (Python publisher, HTTP gateway, intake) goes through `check` and `stored`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from msgspec import Struct

import ledger.events  # noqa: F401 - fills the registry
from ledger import correction, limits, nesting, opaque
from ledger.correction import Corrected
from ledger.data_refusal import data_refused
from ledger.envelope import ATTRIBUTES
from ledger.errors import EventRefused, PersonForgotten
from ledger.event import EventKind, dataschema, kinds, latest
from ledger.fields import SUBJECT_PATTERN
from ledger.refusal import NOT_SHOWN, nearest, pointer_to, refuse, show, sort_of
from ledger.sealing import Keys, seal

REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "authid", "data")
_REQUIRED = frozenset(REQUIRED)
_EXTENSIONS = ("authtype", "correlationid", "causationid", "traceparent")
_KEPT = ("id", "source", "subject", "authid", *_EXTENSIONS)
_subject_matches = re.compile(SUBJECT_PATTERN).match


class Submission(Struct, frozen=True, gc=False):
    """A sound event, not yet sealed. `data` is an instance of the kind's plain twin, times in UTC."""

    kind: EventKind
    attributes: Mapping[str, str]
    time: datetime
    data: Struct


class Stored(Struct, frozen=True, gc=False):
    """What goes to Kafka: key = subject, value = the sealed event as structured CloudEvents JSON."""

    id: str
    source: str
    key: bytes
    value: bytes


def check(submitted: bytes | Mapping[str, Any], now: datetime) -> Submission:
    """The submitted event, or `EventRefused` with code, pointer, value, rule and remedy. `now` is aware."""
    text = submitted if isinstance(submitted, bytes) else orjson_bytes(submitted)
    event = _parse(text)
    _check_attributes(event)
    kind = _kind(event)
    time = _time(event["time"], now)
    if issubclass(kind.cls, Corrected):
        _check_field(kind.subjects[0], event["data"])
    data = _data(kind, event["data"])
    opaque.check(text, event, kind.personal_names)
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
        refuse("not_representable", "", type(event).__name__, why=error)


def _parse(text: bytes) -> dict[str, Any]:
    if len(text) > limits.SUBMITTED_BYTES:
        refuse("event_too_large", "", f"{len(text)} bytes", limit=limits.SUBMITTED_BYTES)
    if nesting.exceeds(text, limits.NESTING_LEVELS):
        refuse("nested_too_deep", "", "nested", limit=limits.NESTING_LEVELS)
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        said = {"error": error.msg, "line": error.lineno, "column": error.colno}
        refuse("not_json", "", f"{len(text)} bytes", **said)
    if not isinstance(event, dict):
        refuse("not_an_object", "", sort_of(event))
    if nesting.spells_nul(text):
        refuse("nul_character", "", "U+0000")
    return event


def _check_attributes(event: Mapping[str, Any]) -> None:
    if not event.keys() <= ATTRIBUTES:
        name = next(name for name in event if name not in ATTRIBUTES)
        refuse("attribute_unknown", pointer_to(name), NOT_SHOWN, **nearest(name, ATTRIBUTES))
    for name, value in event.items():
        if (not isinstance(value, str) or not 0 < len(value) <= limits.NAME_CHARACTERS) and name != "data":
            shown = f"{len(value)} characters" if isinstance(value, str) else sort_of(value)
            refuse("attribute_wrong", f"/{name}", shown, limit=limits.NAME_CHARACTERS)
    if not event.keys() >= _REQUIRED:
        name = next(name for name in REQUIRED if name not in event)
        refuse("attribute_missing", f"/{name}", "absent", name=name, has=", ".join(event) or "–")
    if event["specversion"] != "1.0":
        refuse("specversion_wrong", "/specversion", show(event["specversion"]))
    if event.get("datacontenttype", "application/json") != "application/json":
        refuse("datacontenttype_wrong", "/datacontenttype", show(event["datacontenttype"]))
    subject = event["subject"]
    if not _subject_matches(subject):
        is_shown = subject.isascii() or "/" in subject  # a word that names no kind may be somebody's name
        refuse("subject_malformed", "/subject", show(subject) if is_shown else NOT_SHOWN)


def _kind(event: Mapping[str, Any]) -> EventKind:
    type_ = event["type"]
    if type_ not in latest:
        refuse("type_unknown", "/type", show(type_), **nearest(type_, latest))
    schema = event.get("dataschema") or dataschema(type_, 1)  # never the latest: a resend has to say the same
    kind = kinds.get(schema)
    if kind is None or kind.type != type_:
        known = ", ".join(schema for schema, kind in kinds.items() if kind.type == type_)
        refuse("version_unknown", "/dataschema", show(schema), type=type_, known=known)
    if event["subject"].partition("/")[0] not in kind.subjects:
        allowed = [f"{subject}/…" for subject in kind.subjects]
        texts = {"type": type_, "allowed": " or ".join(allowed), "allowed_chinese": " 或 ".join(allowed)}
        refuse("subject_of_another_kind", "/subject", show(event["subject"]), **texts)
    return kind


def _time(text: str, now: datetime) -> datetime:
    try:
        time = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        refuse("time_unreadable", "/time", show(text))
    if time.tzinfo is None:
        refuse("time_without_zone", "/time", show(text), text=show(text))
    time = _bounded("/time", time)
    if time > now + limits.FUTURE_BY_PUBLISHER:
        refuse("time_in_future", "/time", show(text), now=now.isoformat())
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


def _check_field(family: str, data: Any) -> None:
    """Of a correction: which event it speaks of, and whether the value fits, only the fold can tell."""
    name = data.get("field") if isinstance(data, dict) else None
    if not isinstance(name, str):
        return  # as for any field
    if name in correction.personal(family):
        refuse("field_personal", "/data/field", name, family=family)
    if name not in (known := correction.correctable(family)):
        refuse("field_of_no_event", "/data/field", NOT_SHOWN, family=family, **nearest(name, known))


def _bounded(pointer: str, time: datetime) -> datetime:
    with suppress(OverflowError):  # of the years 1 and 9999
        utc = time.astimezone(UTC)  # first: times of one zone compare five times as fast
        if limits.EARLIEST <= utc < limits.LATEST:
            return utc
    refuse("time_out_of_bounds", pointer, time.isoformat(), first=limits.EARLIEST.year, last=limits.LATEST.year)


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
        refuse("sealed_too_large", "", f"{len(value)} bytes sealed", limit=limits.LEDGER_BYTES)
    return Stored(attributes["id"], attributes["source"], attributes["subject"].encode(), value)


__all__ = ["EventRefused", "Stored", "Submission", "check", "orjson_bytes", "stored", "stored_each"]
