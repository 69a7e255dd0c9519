"""Writes the digests of folds that have none yet: python -m tests.contract.write_folds

A digest is what a family makes of the golden events in many orders. It belongs to one version of the fold and
is never changed: whoever changes what a fold makes of events gives the family another VERSION, so that its
tables are folded afresh. Then this script enters the new version's digest beside the old ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import orjson
from msgspec import inspect

from ledger.correction import Correction
from ledger.event import EventKind, kinds, latest
from ledger.record import Record
from projections.families import FAMILIES
from projections.family import Family
from tests.contract.write_golden import FOLDER

FILE = Path(__file__).parent / "golden_folds.json"
BEGAN = datetime(2024, 5, 11, 13, 7, 30, 123_456, tzinfo=UTC)
STEP = timedelta(minutes=53)  # a stream goes past midnight in Shanghai

Digests = dict[str, dict[str, str]]


def results(family: Family) -> list[Any]:
    """What the fold makes of the family's streams: anomalies event by event, the last state, its shares."""
    found = []
    for name, stream in _streams(family.name):
        state, reasons = family.state(), []
        for record in stream:
            reasons.append(family.anomaly(state, record))
            state = family.evolve(state, record)
        shares = [(share.tally.table, share.key, share.values) for share in family.contribute(state)]
        found.append(
            [name, reasons, state, sorted(msgspec.to_builtins(share, str_keys=True) for share in shares)]
        )
    return found


def digest(family: Family) -> str:
    """SHA-256 of the results as canonical JSON."""
    return sha256(msgspec.json.encode(results(family), order="sorted")).hexdigest()


def write_missing(file: Path = FILE) -> list[str]:
    """Enters the digests that are missing; names the versions whose digest is another now, untouched."""
    known: Digests = orjson.loads(file.read_bytes()) if file.exists() else {}
    changed = []
    for name, family in FAMILIES.items():
        versions, found = known.setdefault(name, {}), digest(family)
        if versions.setdefault(str(family.version), found) != found:
            changed.append(f"{name} {family.version}")
    file.write_bytes(
        orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    )
    return changed


def _streams(family: str) -> Iterator[tuple[str, list[Record[Any]]]]:
    """The golden events of the family as they stand in the catalogue, and in many other orders."""
    told = [golden(kind) for kind in folded(family)]
    whole, bare, others = ([change(one) for one in told] for change in (_whole, _bare, _altered))
    yield "in order", records(family, told)
    yield "backwards", records(family, told[::-1])
    yield "each twice", records(family, [event for event in told for _ in range(2)])
    yield "all twice", records(family, [*told, *told])
    yield "all twice, the second time of others", records(family, [*told, *others])
    yield "whole", records(family, whole)
    yield "bare", records(family, bare)
    yield "whole, then bare", records(family, [*whole, *bare])
    yield "bare, then whole", records(family, [*bare, *whole])
    often = 510 if family == "team" else 110  # past the limits of lists
    yield (
        "too often",
        records(family, [_altered(one, f"{number}") for one in whole for number in range(often)]),
    )
    if family in _OTHERWISE:
        otherwise = [_otherwise(one, _OTHERWISE[family]) for one in whole]
        yield "otherwise", records(family, otherwise)
        yield "first and last, otherwise", records(family, [otherwise[0], otherwise[-1]])
    for first in range(1, len(told)):
        yield f"from {first} on", records(family, [*told[first:], *told[:first]])
    for one, other in permutations(range(len(told)), 2):
        yield f"{one}, {other}", records(family, [told[0], whole[one], told[other], others[one]])


def folded(family: str) -> list[EventKind]:
    """The kinds that the family's fold sees: not corrections, and older versions are told as the newest."""
    return [kind for kind in latest.values() if family in kind.subjects and not issubclass(kind.cls, Correction)]


def golden(kind: EventKind) -> Any:
    """The event of the kind's golden file."""
    stored = orjson.loads((FOLDER / f"{kind.type}.{kind.version}.json").read_bytes())
    return kind.decoder.decode(orjson.dumps(stored["data"]))


def _whole(event: Any) -> Any:
    """The event with every field that its golden file leaves out."""
    kind = next(kind for kind in kinds.values() if kind.cls is type(event))
    fields: Any = inspect.type_info(kind.plain)
    absent = {
        one.encode_name: _filled(one.type) for one in fields.fields if getattr(event, one.name) in (None, ())
    }
    absent |= {kind.wire_names[one.name]: f"sealed:1:{'A' * 22}" for one in kind.personal}
    data = msgspec.to_builtins(event) | absent
    return kind.decoder.decode(orjson.dumps(data))


def _filled(node: inspect.Type) -> Any:
    match node:
        case inspect.StructType(fields=fields):
            return {one.encode_name: _filled(one.type) for one in fields}
        case inspect.UnionType(types=types):
            return _filled(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.VarTupleType(item_type=item):
            return [_filled(item)]
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return 7
        case inspect.DateTimeType():
            return (BEGAN + timedelta(days=3)).isoformat()
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^(?:"):
            return f"{pattern[4 : pattern.index(')/')].partition('|')[0].replace('[a-z]+', 'unit')}/golden"
        case inspect.StrType():
            return "golden"
        case inspect.AnyType():
            return "golden"
        case inspect.DictType(value_type=value):
            return {"golden": _filled(value)}
    raise TypeError(f"nothing to fill {node} with: give it something here")


def _altered(event: Any, other: str = "other") -> Any:
    """The same event of other people, places and units: references get another id, the rest stays."""
    encoded = msgspec.json.encode(event).decode()
    for kind in ("person", "place", "unit"):
        encoded = encoded.replace(f'"{kind}/', f'"{kind}/{other}-')
    return msgspec.json.decode(encoded, type=type(event))


# What neither a golden file nor `_whole` says: the other answer to a question of two.
_OTHERWISE: dict[str, dict[str, Any]] = {
    "mediation": {"judicial_confirmation": True},
    "person": {"category": "volunteer"},
    "task": {"ok": False, "to": "person/golden"},
}


def _otherwise(event: Any, answers: dict[str, Any]) -> Any:
    """The event with these answers where it has the fields."""
    known = {name: answer for name, answer in answers.items() if name in event.__struct_fields__}
    return msgspec.structs.replace(event, **known) if known else event


def _bare(event: Any) -> Any:
    """The event with nothing but what it has to have."""
    fields = msgspec.structs.fields(event)
    return type(event)(**{field.name: getattr(event, field.name) for field in fields if field.required})


def records(family: str, events: Sequence[Any]) -> list[Record[Any]]:
    """One stream of these events; the fold of an assessment reads its period from the subject."""
    subject = f"{family}/golden" + ("~2024-Q2" if family == "assessment" else "")
    return [
        Record(
            event,
            subject,
            f"golden-{number}",
            "urn:example:golden",
            "person/li-7f3a",
            BEGAN + number * STEP,
            BEGAN + number * STEP + timedelta(milliseconds=250),
            partition=0,
            offset=number,
        )
        for number, event in enumerate(events)
    ]


if __name__ == "__main__":
    if differing := write_missing():
        sys.exit(
            f"Not touched, though the results are others now: {', '.join(differing)}. "
            "Give the family another VERSION, then run this again."
        )
