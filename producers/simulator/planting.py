"""Records that are broken on purpose: what a faulty or hostile program could write past every way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from ledger.event import dataschema
from ledger.limits import LEDGER_BYTES, NESTING_LEVELS
from ledger.partition import partition_of
from ledger.topics import PARTITIONS
from producers.simulator.arrival import Planted

Event = dict[str, Any]


class Broken(NamedTuple):
    """A record before it has its partition: key, value, and how far beside its own partition it goes."""

    key: bytes | None
    value: bytes | None
    beside: int = 0


def plant(number: int, event: Event, id_: str) -> Planted:
    """The record of the `number`-th turn, with its verdict.

    `event` has just arrived and is of a case, `id_` is a fresh id: an identity can be used again only in
    its own partition, so in its own stream.
    """
    reason, break_ = _BREAKERS[number % len(_BREAKERS)]
    broken = break_(_looked_up(event, id_), event)
    partition = (partition_of(event["subject"].encode(), PARTITIONS) + broken.beside) % PARTITIONS
    return Planted(broken.key, broken.value, partition, reason)


def _looked_up(event: Event, id_: str) -> Event:
    """A sound event of the same stream, as the ledger would hold it."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": event["source"],
        "type": "case.looked_up",
        "subject": event["subject"],
        "time": event["time"],
        "dataschema": dataschema("case.looked_up", 1),
        "authid": "anonymous/app",
        "data": {},
    }


def _changed(sound: Event, **changes: Any) -> Broken:
    return Broken(sound["subject"].encode(), orjson.dumps(sound | changes))


def _retyped(sound: Event, type_: str, data: Event, **changes: Any) -> Broken:
    return _changed(sound, type=type_, dataschema=dataschema(type_, 1), data=data, **changes)


def _cut(sound: Event, _: Event) -> Broken:
    return Broken(sound["subject"].encode(), orjson.dumps(sound)[:-20])


def _too_deep(sound: Event, _: Event) -> Broken:
    data: Event = {}
    for _level in range(NESTING_LEVELS):
        data = {"deeper": data}
    return _changed(sound, data=data)


def _reused(sound: Event, event: Event) -> Broken:
    other = {"reason": "同一编号下的另一件事"}
    return _retyped(sound, "case.withdrawn", other, id=event["id"], source=event["source"])


_BREAKERS: tuple[tuple[str, Callable[[Event, Event], Broken]], ...] = (
    ("unreadable", _cut),
    ("schema_broken", lambda sound, _: _retyped(sound, "case.rated", {"by": "nobody", "reached": True})),
    ("key_mismatch", lambda sound, _: Broken(b"case/another", orjson.dumps(sound))),
    ("id_reused", _reused),
    ("too_deep", _too_deep),
    ("unsealed", lambda sound, _: _retyped(sound, "case.replied", {"text": "明文写入账本的答复"})),
    ("future", lambda sound, _: _changed(sound, time="2150-01-01T00:00:00+08:00")),
    ("partition_mismatch", lambda sound, _: Broken(sound["subject"].encode(), orjson.dumps(sound), beside=1)),
    ("nul_character", lambda sound, _: _changed(sound, data={"text": "\0"})),
    ("time_out_of_bounds", lambda sound, _: _changed(sound, time="1901-01-01T00:00:00+08:00")),
    ("too_large", lambda sound, _: _changed(sound, data={"text": "长" * (LEDGER_BYTES // 3 + 1)})),
    ("unreadable", lambda sound, _: Broken(sound["subject"].encode(), None)),
    ("key_mismatch", lambda sound, _: Broken(None, orjson.dumps(sound))),
)
