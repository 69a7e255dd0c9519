"""What a login may do with an entity next: forms about it, those that make sense now before the others.

Whether one makes sense is what the family's own fold says of such an event; it is never refused, only put behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ledger.event import EventKind, latest
from ledger.record import Record
from projections.families import FAMILIES
from projections.read.answer import reading
from projections.store.generation import current_generation
from projections.store.load import load_states
from readers.accounts.login import Login
from readers.accounts.rights import may_publish, scope_of
from readers.accounts.told_by import TOLD_BY
from readers.forms.fields import field_of
from readers.forms.subjects import OPENING
from readers.tables import Tables

_ELSEWHERE = frozenset({"case.looked_up"})
"""What a page publishes by itself."""
_CORRECTIONS = (".corrected", ".voided")


@dataclass(frozen=True)
class Act:
    """A form about the entity, with what is known to belong into it. `is_next`: it makes sense now."""

    type: str
    preset: Mapping[str, str]
    is_next: bool


def acts(tables: Tables, login: Login | None, subject: str, now: datetime) -> list[Act]:
    """What the login's roles publish about a subject, in the catalogue's order. Raises `OutcomeUnknown`."""
    kinds = [kind for type_ in TOLD_BY if _is_about(kind := latest[type_], subject) and may_publish(login, type_)]
    if not kinds:
        return []
    state = _state(tables, subject)
    return [_act(kind, state, login, subject, now) for kind in kinds]


def _is_about(kind: EventKind, subject: str) -> bool:
    is_one = subject.partition("/")[0] in kind.subjects and kind.type not in OPENING | _ELSEWHERE
    return is_one and not kind.type.endswith(_CORRECTIONS)


def _state(tables: Tables, subject: str) -> Any:
    with tables.connection() as connection, reading(connection, current_generation(connection)) as cursor:
        return load_states(cursor, {subject}, {}).get(subject)


def _act(kind: EventKind, state: Any, login: Login | None, subject: str, now: datetime) -> Act:
    preset = dict(_presets(kind.type, state, login))
    family = FAMILIES[subject.partition("/")[0]]
    record = _imagined(kind, preset, subject, now)
    return Act(kind.type, preset, state is not None and family.anomaly(state, record) is None)


def _imagined(kind: EventKind, preset: Mapping[str, str], subject: str, now: datetime) -> Record[Any]:
    """Such an event as the sample has it, without people who need not be named: they are not whoever looks."""
    data = {name: "sealed" if name in kind.personal_names else value for name, value in kind.sample.items()}
    by = field_of(kind.type, "by")
    if by is not None and not by.required:
        data.pop("by", None)
    event = kind.decoder.decode(msgspec.json.encode(data | dict(preset)))
    return Record(event, subject, "imagined", "urn:shanzhi:pages", "person/imagined", now, now, 0, 0)


def _presets(type_: str, state: Any, login: Login | None) -> Iterator[tuple[str, str]]:
    """Of a whistle: which one, and for which of the login's units."""
    if type_ not in ("case.reported", "case.handled") or state is None:
        return
    units = scope_of(login).units
    for owed in state.obligations:
        is_open = owed.reported_at is None if type_ == "case.reported" else owed.handled_at is None
        if owed.unit in units and is_open:
            yield "whistle", owed.whistle
            yield ("unit" if type_ == "case.reported" else "by"), owed.unit
            return
