"""What of an event may leave: members that its class knows, whose personal ones are sealed; nothing else.

A program that wrote to the topic itself may have added a member that no class knows, with a telephone number in it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from ledger.codec import Examiner, Sound
from ledger.envelope import ATTRIBUTES
from ledger.event import kinds
from ledger.record import RawRecord

_members = msgspec.json.Decoder(dict[str, Raw]).decode
Shown = Callable[[Raw], bytes]


def shown_by(dataschema: str) -> Shown | None:
    """What makes an event's `data` fit to leave; None where this version does not know the schema."""
    kind = kinds.get(dataschema)
    if kind is None:
        return None
    known = frozenset(kind.wire_names.values())

    def shown(data: Raw) -> bytes:
        members = _members(data)
        if members.keys() <= known:
            return bytes(data)
        return msgspec.json.encode({name: value for name, value in members.items() if name in known})

    return shown


def is_sound(raw: RawRecord, partition: int, examiner: Examiner) -> bool:
    """Whether this version of the program reads the record as an event, all personal fields sealed."""
    said = examiner.examine(raw, partition)
    return isinstance(said, Sound) and said.record is not None


def tells_known_members_only(value: bytes) -> bool:
    """Whether a sound stored event has no member besides the envelope's and its class's."""
    event = _members(value)
    if not event.keys() <= ATTRIBUTES:
        return False
    kind = kinds.get(msgspec.json.decode(event["dataschema"]))
    return kind is not None and _members(event["data"]).keys() <= frozenset(kind.wire_names.values())
