"""Hypothesis strategies for what a ledger may hold, derived from the registry: events of every kind in few
streams, so that they meet each other, told late or early, twice, under a used id, broken; and their batches.

Values come from small pools of awkward ones rather than from whole ranges: laws break where things collide.
"""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import Struct, inspect

from ledger import limits
from ledger.codec import EPOCH, Examiner, Sound
from ledger.correction import Correction
from ledger.event import EventKind, dataschema, kinds
from ledger.partition import partition_of
from ledger.record import Batch, Record, StoredRecord
from projections.families import FAMILIES
from projections.family import LIST_ITEMS, State

PARTITIONS = 3
BEGAN = datetime(2024, 5, 11, 15, 58, tzinfo=UTC)  # two minutes before a day ends in Shanghai
SUBJECTS_OF_A_FAMILY = 2

settings.register_profile(
    "laws",
    deadline=None,
    database=None,
    derandomize="SHANZHI_TREE_IS_OURS" in os.environ or "CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PROFILE = settings.get_profile("laws")

AWKWARD_TEXTS = (
    "w1",
    "w2",
    "甲",
    "\\N",
    "\\.",
    "tab\tline\nreturn\r",
    "quotes \"'",
    "back\\slash\\\\",
    "😀\u2028\x7f\x0b",
)
SEALED = tuple(f"sealed:1:{letter * 22}" for letter in "ABC")
ANYTHING = (0, -1.5, True, None, "\\N", "甲", ["a", {"b": []}], {"b": 2, "a": {"tab\t": "line\n"}})
COUNTS = (1, 0, 2, 46, limits.COUNT_AT_MOST)
TIMES = (
    BEGAN,
    BEGAN + timedelta(minutes=90),
    BEGAN + timedelta(minutes=2),  # midnight in Shanghai
    BEGAN + timedelta(minutes=2, microseconds=-1),
    BEGAN - timedelta(days=400, microseconds=123_456),
    limits.EARLIEST,
    limits.LATEST - timedelta(microseconds=1),
)
ZONES = tuple(timezone(timedelta(minutes=minutes)) for minutes in (0, 8 * 60, -14 * 60, 14 * 60, 5 * 60 + 45))
ANY_CHARACTER = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
LATENESS = (
    timedelta(0),
    timedelta(minutes=3),
    timedelta(hours=20),
    timedelta(days=40),
    timedelta(days=366 * 20),
    timedelta(hours=-24),
)
SOURCES = ("urn:example:desk", "urn:example:hotline")


# Events as the ledger holds them ------------------------------------------------------------------


def data_in_ledger(kind: EventKind) -> st.SearchStrategy[dict[str, Any]]:
    """Data of the kind: bounds and references as its plain twin has them, personal fields as sealed text."""
    return _data(kind.dataschema)


@cache
def _data(schema: str) -> st.SearchStrategy[dict[str, Any]]:
    kind = kinds[schema]
    sealed = {kind.wire_names[one.name]: st.sampled_from(SEALED) for one in kind.personal}
    fields: Sequence[inspect.Field] = inspect.type_info(kind.plain).fields  # type: ignore[attr-defined]  # a struct's
    return _fields(fields, sealed)


def _fields(
    fields: Sequence[inspect.Field], known: Mapping[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    given = {
        one.encode_name: known[one.encode_name] if one.encode_name in known else _of(one.type)
        for one in fields
    }
    required = {one.encode_name for one in fields if one.required}
    return st.fixed_dictionaries(
        {name: value for name, value in given.items() if name in required},
        optional={name: value for name, value in given.items() if name not in required},
    )


def _of(node: inspect.Type) -> st.SearchStrategy[Any]:
    match node:
        case inspect.StructType(fields=fields):
            return _fields(fields, {})
        case inspect.UnionType(types=types):
            return st.one_of(*map(_of, types))
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.IntType(ge=least, le=most):
            return st.sampled_from([count for count in COUNTS if (least or 0) <= count <= (most or count)])
        case inspect.FloatType(ge=least, le=most):
            return st.sampled_from([0.0, -0.0, 0.1 + 0.2, least, most])
        case inspect.DateTimeType():
            return times().map(datetime.isoformat)
        case inspect.AnyType():
            return st.sampled_from(ANYTHING)
        case inspect.DictType(value_type=value, min_length=least):
            return st.dictionaries(st.sampled_from(AWKWARD_TEXTS), _of(value), min_size=least or 0, max_size=2)
        case inspect.VarTupleType(item_type=item, min_length=least):
            return st.lists(_of(item), min_size=least or 0, max_size=3)
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^(?:"):
            return references(pattern)
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True)
        case inspect.StrType(max_length=int(most)):
            return st.sampled_from([text for text in AWKWARD_TEXTS if len(text) <= most])
    raise TypeError(f"no strategy for {node}: give it one here")


def references(pattern: str) -> st.SearchStrategy[str]:
    """A handful of references of the kinds that the pattern of a reference names."""
    named = pattern[4 : pattern.index(")/")].replace("[a-z]+", "person|place|unit").split("|")
    return st.sampled_from([f"{kind}/{number}" for number in (1, 2) for kind in named])


def times() -> st.SearchStrategy[datetime]:
    """Times at the edges of days, years and the ledger, in any zone."""
    return st.builds(_in_zone, st.sampled_from(TIMES), st.sampled_from(ZONES))


def any_time() -> st.SearchStrategy[datetime]:
    """Any time that the ledger takes, in UTC."""
    first, last = limits.EARLIEST.replace(tzinfo=None), limits.LATEST.replace(tzinfo=None)
    return st.datetimes(first, last - timedelta(microseconds=1), timezones=st.just(UTC))


def _in_zone(time: datetime, zone: timezone) -> datetime:
    return time.astimezone(zone)


# What stands in a log -----------------------------------------------------------------------------


class Told(NamedTuple):
    """A sound event."""

    kind: EventKind
    subject: str
    data: dict[str, Any]
    source: str
    late: timedelta


class Corrects(NamedTuple):
    """A word about an earlier event of the stream, counted backwards among those of the kind, or among all of them.

    `field` is a number among those of `data`, which has the values to put there; without a kind the event is voided.
    −1 back is what will be told next, which no correction can speak of.
    """

    kind: EventKind | None
    subject: str
    data: dict[str, Any]
    field: int
    back: int
    source: str


class Again(NamedTuple):
    """An earlier event once more, counted backwards; `other`: under its id, but saying something else."""

    back: int
    other: bool


class Broken(NamedTuple):
    """A record that is no event, or none that is known here; `how` is an index into `BREAKERS`."""

    how: int
    subject: str


class Gap(NamedTuple):
    """Offsets that the log does not hold."""

    subject: str
    offsets: int


Entry = Told | Corrects | Again | Broken | Gap


@dataclass(frozen=True)
class Log:
    """Records by partition, ordered by offset, and the entries that they were made of."""

    records: Mapping[int, tuple[StoredRecord, ...]]
    entries: tuple[Entry, ...] = field(default=())

    def __repr__(self) -> str:
        shown = "\n".join(f"    {entry!r}" for entry in self.entries)
        return f"Log of\n{shown}\n"

    def batch(self, partition: int) -> Batch:
        """The whole partition at once."""
        return Batch(partition, self.records[partition], sought=0)

    def decoded(self) -> list[Record[Any]]:
        """Everything that can be folded, repeats included."""
        examiner = Examiner(PARTITIONS)
        said = [examiner.examine(raw, number) for number, raws in self.records.items() for raw in raws]
        return [one.record for one in said if isinstance(one, Sound) and one.record]


def subject(family: str, number: int) -> str:
    """One of a family's subjects, with the period that its fold reads from it where it does."""
    return f"{family}/{number}" + ("~2024-Q2" if family == "assessment" else "")


@cache
def entries(*families: str) -> st.SearchStrategy[Entry]:
    """Mostly events of the families, now and then something else."""
    subjects = [subject(name, number) for name in families for number in range(SUBJECTS_OF_A_FAMILY)]
    told = _told(subjects)
    odd: list[st.SearchStrategy[Entry]] = [
        st.builds(Again, st.integers(0, 8), st.sampled_from([False, False, True])),
        st.builds(Broken, st.integers(0, len(BREAKERS) - 1), st.sampled_from(subjects)),
        st.builds(Gap, st.sampled_from(subjects), st.integers(1, 3)),
    ]
    share = max(1, len(told) // 12)
    return st.one_of(*told, *_corrections(subjects) * share, *odd[:1] * (2 * share), *odd[1:] * share)


@cache
def corrected_entries(family: str) -> st.SearchStrategy[Entry]:
    """Events of one stream, and as many corrections."""
    told = _told([subject(family, 1)])
    return st.one_of(*told, *_corrections([subject(family, 1)]) * (len(told) // 3))


def _told(subjects: Sequence[str]) -> list[st.SearchStrategy[Entry]]:
    families = {one.partition("/")[0] for one in subjects}
    return [
        st.builds(
            Told,
            st.just(kind),
            st.sampled_from([one for one in subjects if one.partition("/")[0] in kind.subjects]),
            data_in_ledger(kind),
            st.sampled_from(SOURCES),
            st.sampled_from(LATENESS),
        )
        for kind in folded_kinds()
        if set(kind.subjects) & families
    ]


def _corrections(subjects: Sequence[str]) -> list[st.SearchStrategy[Entry]]:
    """A field put right, and twice as often an event voided: corrections among those."""
    where = [st.integers(0, 9), st.integers(-1, 3), st.sampled_from(SOURCES)]
    told = [
        (kind, subject)
        for subject in subjects
        for kind in folded_kinds()
        if subject.partition("/")[0] in kind.subjects
    ]
    fields: st.SearchStrategy[Entry] = st.sampled_from(told).flatmap(
        lambda one: st.builds(Corrects, st.just(one[0]), st.just(one[1]), _replacing(one[0]), *where)
    )
    voids: st.SearchStrategy[Entry] = st.builds(
        Corrects, st.none(), st.sampled_from(subjects), st.just({}), *where
    )
    return [fields, voids, voids]


def _replacing(kind: EventKind) -> st.SearchStrategy[dict[str, Any]]:
    """Values for some fields of the kind: mostly such as it takes."""
    anything = st.fixed_dictionaries({name: st.sampled_from(ANYTHING) for name in kind.wire_names.values()})
    return st.one_of(data_in_ledger(kind), data_in_ledger(kind), anything)


def folded_kinds() -> list[EventKind]:
    """Those that folds see: all but corrections."""
    return [kind for kind in kinds.values() if not issubclass(kind.cls, Correction)]


@st.composite
def logs(draw: st.DrawFn, most: int = 24, families: Sequence[str] = tuple(FAMILIES)) -> Log:
    """A log of up to so many entries in the streams of one or two families."""
    named = draw(st.lists(st.sampled_from(families), min_size=1, max_size=2, unique=True))
    entry = entries(*sorted(named))
    return written([draw(entry) for _ in range(draw(st.integers(0, most)))])


@st.composite
def streams(draw: st.DrawFn, family: str, most: int = 20) -> list[Record[Any]]:
    """The records of one stream of the family in any order, each decoded from bytes."""
    told = [
        st.builds(
            Told, st.just(kind), st.just(subject(family, 1)), data_in_ledger(kind), st.just(SOURCES[0]), late
        )
        for late in [st.sampled_from(LATENESS)]
        for kind in folded_kinds()
        if family in kind.subjects
    ]
    one = st.one_of(*told)
    return written([draw(one) for _ in range(draw(st.integers(1, most)))]).decoded()


def written(said: Sequence[Entry], partitions: int = PARTITIONS) -> Log:
    """The log that such entries make, each partition from offset 0 on."""
    records: dict[int, list[StoredRecord]] = {number: [] for number in range(partitions)}
    following = dict.fromkeys(records, 0)
    told: list[tuple[StoredRecord, int]] = []
    for number, entry in enumerate(said):
        stamp = BEGAN + timedelta(minutes=7 * number)
        if isinstance(entry, Gap):
            following[partition_of(entry.subject.encode(), partitions)] += entry.offsets
            continue
        made = _record(number, entry, stamp, told, partitions)
        if made is None:
            continue
        record, partition = made
        record = record._replace(offset=following[partition])
        following[partition] += 1
        records[partition].append(record)
        if isinstance(entry, Told | Corrects):
            told.append((record, partition))
    return Log({number: tuple(held) for number, held in records.items()}, tuple(said))


def _record(
    number: int,
    entry: Told | Corrects | Again | Broken,
    stamp: datetime,
    told: list[tuple[StoredRecord, int]],
    partitions: int,
) -> tuple[StoredRecord, int] | None:
    if isinstance(entry, Again):
        if not told:
            return None
        record, partition = told[-1 - entry.back % len(told)]
        if entry.other:
            other = orjson.loads(record.value or b"") | {"time": BEGAN.isoformat()}
            record = record._replace(value=orjson.dumps(other))
        return record, partition
    key = entry.subject.encode()
    partition = partition_of(key, partitions)
    if isinstance(entry, Corrects):
        sound = _correction(number, entry, stamp, [orjson.loads(record.value or b"") for record, _ in told])
        return StoredRecord(0, _milliseconds(stamp), key, orjson.dumps(sound)), partition
    if isinstance(entry, Told):
        time = stamp - entry.late + timedelta(microseconds=number)
        time = max(limits.EARLIEST, time - timedelta(microseconds=number) if entry.late.days < 0 else time)
        sound = envelope(entry.kind, entry.subject, f"e{number}", time, entry.data, entry.source)
        return StoredRecord(0, _milliseconds(stamp), key, orjson.dumps(sound)), partition
    sound = envelope(_sample(entry.subject), entry.subject, f"e{number}", stamp, {})
    broken_key, value, beside = BREAKERS[entry.how](sound, key)
    return StoredRecord(0, _milliseconds(stamp), broken_key, value), (partition + beside) % partitions


def _correction(number: int, entry: Corrects, stamp: datetime, told: list[dict[str, Any]]) -> dict[str, Any]:
    own = [one for one in told if one["subject"] == entry.subject]
    own = [one for one in own if entry.kind is None or one["type"] == entry.kind.type]
    about = {"id": f"e{number + 1}", "source": entry.source}
    if own and entry.back >= 0:
        about = own[-1 - entry.back % len(own)]
    said: dict[str, Any] = {"event": about["id"], "reason": "wrong"}
    if about["source"] != entry.source:
        said["event_source"] = about["source"]
    family = entry.subject.partition("/")[0]
    if entry.kind:
        name = (sorted(entry.data) or ["nothing"])[entry.field % max(1, len(entry.data))]
        said |= {"field": name, "to": entry.data.get(name)}
    kind = kinds[dataschema(f"{family}.{'corrected' if entry.kind else 'voided'}", 1)]
    return envelope(kind, entry.subject, f"e{number}", stamp, said, entry.source)


def envelope(
    kind: EventKind, subject: str, id_: str, time: datetime, data: Mapping[str, Any], source: str = SOURCES[0]
) -> dict[str, Any]:
    """A stored event before it becomes JSON."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": kind.type,
        "subject": subject,
        "time": time.isoformat(),
        "dataschema": kind.dataschema,
        "authid": "person/1",
        "data": dict(data),
    }


def _sample(subject: str) -> EventKind:
    """Some kind of the subject's family, whose data `{}` may or may not be sound."""
    return next(kind for kind in kinds.values() if subject.partition("/")[0] in kind.subjects)


def _milliseconds(stamp: datetime) -> int:
    return (stamp - EPOCH) // timedelta(milliseconds=1)


Breaker = Callable[[dict[str, Any], bytes], tuple[bytes | None, bytes | None, int]]


def _with(**changes: Any) -> Breaker:
    return lambda sound, key: (key, orjson.dumps(sound | changes), 0)


BREAKERS: tuple[Breaker, ...] = (
    _with(
        type="case.sung", dataschema=dataschema("case.sung", 1)
    ),  # sound, but of no known type: indexed, unfolded
    lambda sound, key: (key, orjson.dumps(sound | {"dataschema": f"{sound['dataschema']}9"}), 0),
    lambda sound, key: (key, None, 0),
    lambda sound, key: (key, b"\xff\xfe", 0),
    lambda sound, key: (key, orjson.dumps(sound)[:-9], 0),
    lambda sound, key: (None, orjson.dumps(sound), 0),
    lambda sound, key: (b"case/another", orjson.dumps(sound), 0),
    lambda sound, key: (key, orjson.dumps(sound | {"type": "case.sung"}), 1),
    _with(
        data={"unknown": 1, "by": 7, "to": [], "name": {}, "person": 0, "place": 0, "persons": 1, "roles": 1}
    ),
    _with(data={"text": "\0"}),
    _with(time="2024-05-11T15:58:00"),
    _with(time="2150-01-01T00:00:00Z"),
    _with(time="1901-01-01T00:00:00Z"),
    lambda sound, key: (key, b"[" * 40, 0),
)


# How a log is delivered ---------------------------------------------------------------------------


@st.composite
def batches(draw: st.DrawFn, log: Log) -> list[Batch]:
    """All records in batches of any size, the partitions' batches in any order among each other."""
    divided = {number: list(_divided(draw, log, number)) for number, raws in log.records.items() if raws}
    order = draw(st.permutations([number for number, parts in divided.items() for _ in parts]))
    waiting = {number: iter(parts) for number, parts in divided.items()}
    return [next(waiting[number]) for number in order]


def _divided(draw: st.DrawFn, log: Log, partition: int) -> Iterator[Batch]:
    left, sought = list(log.records[partition]), 0
    while left:
        size = draw(st.integers(1, len(left)))
        part, left = left[:size], left[size:]
        yield Batch(partition, part, sought)
        sought = part[-1].offset + 1


@st.composite
def delivered(
    draw: st.DrawFn, most: int = 24, families: Sequence[str] = tuple(FAMILIES)
) -> tuple[Log, list[Batch]]:
    """A log and one way in which its records may come."""
    log = draw(logs(most, families))
    return log, draw(batches(log))


@st.composite
def delivered_corrections(draw: st.DrawFn, families: Sequence[str]) -> tuple[Log, list[Batch]]:
    """The same of a single stream that is corrected again and again."""
    entry = corrected_entries(draw(st.sampled_from(families)))
    log = written([draw(entry) for _ in range(draw(st.integers(0, 12)))])
    return log, draw(batches(log))


# States as the store has to keep them -------------------------------------------------------------


@cache
def states(family: str) -> st.SearchStrategy[State]:
    """Any state that the family's type allows, extreme ones first, whether or not events lead there."""
    return _struct(FAMILIES[family].state)


def _struct(cls: type[Struct]) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{name: _hinted(hint) for name, hint in get_type_hints(cls).items()})


def _hinted(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is tuple:
        return st.lists(_hinted(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of(*map(_hinted, get_args(hint)))
    if hint is type(None):
        return st.none()
    if hint is str:
        wild = st.text(ANY_CHARACTER, max_size=20)
        return st.one_of(st.sampled_from(("", *AWKWARD_TEXTS, "x" * limits.TEXT_CHARACTERS)), wild)
    if hint is datetime:
        return st.one_of(st.sampled_from(TIMES), any_time())
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.sampled_from((0, 1, -1, limits.COUNT_AT_MOST, 2**63 - 1, -(2**63)))
    if hint is float:
        return st.one_of(st.floats(-180, 180, allow_nan=False), st.sampled_from((0.1 + 0.2, -0.0, 5e-324)))
    return _struct(hint)


__all__ = [
    "LIST_ITEMS",
    "PROFILE",
    "Again",
    "Broken",
    "Corrects",
    "Gap",
    "Log",
    "Told",
    "batches",
    "data_in_ledger",
    "delivered",
    "delivered_corrections",
    "envelope",
    "logs",
    "states",
    "streams",
    "times",
    "written",
]
