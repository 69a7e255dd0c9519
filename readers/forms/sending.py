"""From a filled-in form to a receipt: names looked up, rights asked, photos kept, one event published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from ledger.envelope import identity
from ledger.event import latest
from ledger.partition import partition_of
from ledger.topics import PARTITIONS
from readers.accounts.login import Login
from readers.accounts.telling import check_event
from readers.forms import filled
from readers.forms.choices import Choices
from readers.forms.fields import Field
from readers.forms.filled import Filled
from readers.forms.problems import WHOLE, is_received, wrong_of
from readers.forms.submitted import PHOTOS, Sent, Submitted
from readers.forms.values import REFERENCE, Values, Wrong
from readers.language import Text
from readers.publishing import SOURCE, Gateway, Receipt, Refused, Unknown
from readers.refusals import NotYours
from readers.services import Services
from readers.tables import Tables

_TOO_LARGE = Text("照片超过 5 MB，请缩小后再上传", "The photo is over 5 MB: send it smaller")
_TOO_MANY = Text(f"最多 {PHOTOS} 张照片", f"At most {PHOTOS} photos")
_SEVERAL = Text("有几个都叫这个，请选一个", "Several have this name: choose one")
_OTHER_OWNER = Text("请重新选择照片", "Choose the photo again")


@dataclass(frozen=True)
class Published:
    """What became of a form. `subject` is what its event is about."""

    form: Filled
    receipt: Receipt
    subject: str


@dataclass(frozen=True)
class NotPublished:
    """The form with what is wrong, and what a typed name may mean, by input.

    `is_unknown`: nobody knows whether it was; `is_received`: it was, with other words than these.
    """

    form: Filled
    wrong: Sequence[Wrong] = ()
    found: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_unknown: bool = False
    is_received: bool = False


def send(services: Services, login: Login | None, form: Filled, submitted: Submitted) -> Published | NotPublished:
    """Publishes the form's event. Raises `OutcomeUnknown` where the tables don't answer before anything was sent."""
    form, found = _looked_up(form.tidied(), Choices(services.tables, services.keys, login))
    data, wrong = filled.read(form)
    wrong = [Wrong(one.path, _SEVERAL) if one.path in found else one for one in wrong] + _wrong_files(form, submitted)
    if wrong:
        return NotPublished(form, wrong, found)
    subject = form.subject_of(data)
    try:
        check_event(services.tables, login, form.type, subject, data)
    except NotYours as refusal:
        if not _is_there(services.tables, subject, form.id):
            chinese, _, english = refusal.what.partition(" · ")
            return NotPublished(form, [Wrong(WHOLE, Text(chinese, english or chinese))])
    kept = _photos(services.gateway, form, data, submitted.files)
    if isinstance(kept, NotPublished):
        return kept
    return _published(services.gateway, login, *kept, subject)


def _is_there(tables: Tables, subject: str, id_: str) -> bool:
    """Whether the form's event stands in the ledger already, which may have ended the right to say it: sent again it is
    a repeat, or refused as another event of this id, and changes nothing."""
    with tables.connection() as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "select from shanzhi.event_index where partition = %s and identity = %s::uuid",
            (partition_of(subject.encode(), PARTITIONS), identity(SOURCE, id_)),
        )
        return cursor.fetchone() is not None


def _published(
    gateway: Gateway, login: Login | None, form: Filled, data: dict[str, Any], subject: str
) -> Published | NotPublished:
    answer = gateway.publish(form.event(data, login, SOURCE, latest[form.type].dataschema))
    match answer:
        case Receipt():
            return Published(form, answer, subject)
        case Refused():
            return NotPublished(form, wrong_of(answer), is_received=is_received(answer))
        case Unknown():
            return NotPublished(form, is_unknown=True)


def _looked_up(form: Filled, choices: Choices) -> tuple[Filled, dict[str, Sequence[str]]]:
    """The form with names that mean one thing in place of it; of the others what they may mean."""
    values, found = dict(form.values), dict[str, Sequence[str]]()
    for name, one in _references(form.fields, form.values):
        texts = []
        for text in values[name]:
            meant = choices.resolve(one.kinds, text) if text.strip() and not REFERENCE.search(text) else []
            texts.append(meant[0].reference if len(meant) == 1 else text)
            if len(meant) > 1:
                found[name] = [choice.shown for choice in meant]
        values[name] = texts
    return replace(form, values=values, subject=_subject(form, choices, found)), found


def _subject(form: Filled, choices: Choices, found: dict[str, Sequence[str]]) -> str:
    """The subject as it was given, or found by its title."""
    if not form.subject:
        return ""
    if (told := REFERENCE.search(form.subject)) is not None:
        return told["reference"]
    meant = choices.resolve(latest[form.type].subjects, form.subject)
    if len(meant) > 1:
        found["subject"] = [choice.shown for choice in meant]
    return meant[0].reference if len(meant) == 1 else form.subject


def _references(fields: Sequence[Field], values: Values) -> Iterator[tuple[str, Field]]:
    """The inputs that are filled in with references, and the field of each."""
    for one in fields:
        inner = one.item if one.input == "rows" and one.item else one
        if inner.input == "reference" and one.name in values:
            yield one.name, inner
        for nested in inner.fields:
            for name in values:
                if nested.input == "reference" and name.startswith(f"{one.name}.") and name.endswith(f".{nested.name}"):
                    yield name, nested


def _photo_field(form: Filled) -> Field | None:
    return next((one for one in form.fields if one.input == "photos"), None)


def _wrong_files(form: Filled, submitted: Submitted) -> list[Wrong]:
    one = _photo_field(form)
    if one is None or not submitted.files:
        return []
    wrong = [Wrong(one.name, _TOO_LARGE) for sent in submitted.files if sent.is_too_large]
    many = len(submitted.files) + len(form.values.get(one.name, ())) > PHOTOS or submitted.has_more_files
    return wrong + ([Wrong(one.name, _TOO_MANY)] if many else [])


def _photos(
    gateway: Gateway, form: Filled, data: dict[str, Any], files: Sequence[Sent]
) -> NotPublished | tuple[Filled, dict[str, Any]]:
    """The form and its data with the photos kept, under whom the event's personal texts belong to."""
    one = _photo_field(form)
    if one is None:
        return form, data
    owner = _owner(form, data)
    kept = list(data.get(one.name, ()))
    if not all(_is_of(photo, owner) for photo in kept):
        without = replace(form, values=form.values | {one.name: []})
        return NotPublished(without, [Wrong(one.name, _OTHER_OWNER)])
    for sent in files:
        answer = gateway.keep_photo(bytes(sent.content), "application/octet-stream", owner)
        form = replace(form, values=form.values | {one.name: [json.dumps(photo) for photo in kept]})
        if isinstance(answer, Unknown):
            return NotPublished(form, is_unknown=True)
        if isinstance(answer, Refused):
            return NotPublished(form, wrong_of(answer, one.name))
        kept += [dict(answer)] if answer not in kept else []
    form = replace(form, values=form.values | {one.name: [json.dumps(photo) for photo in kept]})
    return form, data | ({one.name: kept} if kept else {})


def _owner(form: Filled, data: Mapping[str, Any]) -> str:
    kind = latest[form.type]
    named = [data.get(kind.wire_names[personal.owner]) for personal in kind.personal if personal.owner]
    return next((str(owner) for owner in named if owner), form.subject_of(data))


def _is_of(photo: Any, owner: str) -> bool:
    """Whether a photo that a form brings back was kept for this owner, as `ledger.photos` names it."""
    fingerprint = photo.get("fingerprint") if isinstance(photo, dict) else None
    if not isinstance(fingerprint, str):
        return False
    made: bool = photo.get("id") == sha256(f"{owner}\0{fingerprint}".encode()).hexdigest()[:32]
    return made
