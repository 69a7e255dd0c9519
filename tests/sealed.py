"""Records that were sealed in memory: tiles, seals and what somebody may do to the records afterwards."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from audit.growth import Grower
from audit.inspection import Sealed, inspect
from audit.seals import Fault, Part, Seal, Signer, make_seal, sealed_roots
from audit.tiles import Growing, Load
from ledger.record import StoredRecord

LEDGER = "6f1c2b9e-9a0b-4c8e-8f3e-0f6f0e5b7a11"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIGNER = Signer(bytes(range(32)))
EDITS = ("flip", "drop", "swap", "insert", "truncate")


class Kept(NamedTuple):
    """A partition as it was sealed."""

    records: list[StoredRecord]
    tiles: dict[tuple[int, int], bytes]
    seals: list[Seal]

    def load(self, level: int, number: int) -> bytes:
        return load_of(self.tiles)(level, number)

    @property
    def sealed(self) -> list[Sealed]:
        return list(sealed_roots(self.seals, 0))

    def fault(self, records: list[StoredRecord]) -> Fault | None:
        """What is found where these are the records now."""
        return inspect(LEDGER, 0, records, self.sealed, self.load)


def load_of(tiles: Mapping[tuple[int, int], bytes]) -> Load:
    return lambda level, number: tiles.get((level, number), b"")


def made(chance: random.Random, size: int) -> list[StoredRecord]:
    """Records as a ledger has them, with a gap now and then."""
    offset, records = -1, []
    for _ in range(size):
        offset += 1 if chance.random() < 0.98 else 2
        key, value = (chance.randbytes(chance.randrange(1, 40)) for _ in range(2))
        headers = (("h", chance.randbytes(3)), ("n", None)) if chance.random() < 0.1 else ()
        records.append(StoredRecord(offset, 1_700_000_000_000 + offset, key, value, headers))
    return records


def kept(records: list[StoredRecord], cuts: list[int]) -> Kept:
    """Seals the records as far as each cut (an offset), over one partition, by the way that the sealer goes."""
    tiles: dict[tuple[int, int], bytes] = {}
    seals: list[Seal] = []
    reached = 0
    for number, cut in enumerate(cuts):
        growing = Growing(reached, load_of(tiles))
        grower = Grower(LEDGER, 0, growing)
        grower.take([record for record in records if reached <= record.offset < cut])
        grower.skip_to(cut)
        tiles |= growing.changed()
        part = Part(cut, growing.root().hex())
        seals.append(make_seal(seals[-1] if seals else None, LEDGER, [part], NOW + timedelta(hours=number), SIGNER))
        reached = cut
    return Kept(records, tiles, seals)


def edited(chance: random.Random, records: list[StoredRecord], edit: str) -> tuple[list[StoredRecord], int]:
    """The records after one edit, and the first offset at which they differ."""
    now, at = list(records), chance.randrange(len(records))
    one = now[at]
    match edit:
        case "flip":
            now[at] = _flipped(chance, one)
            return now, one.offset
        case "drop":
            del now[at]
            return now, one.offset
        case "swap":
            at = chance.randrange(len(records) - 1)
            other = chance.randrange(at + 1, len(records))
            first, second = now[at], now[other]
            if chance.random() < 0.5:
                now[at], now[other] = second, first  # as they are
            else:
                now[at] = second._replace(offset=first.offset, timestamp=first.timestamp)
                now[other] = first._replace(offset=second.offset, timestamp=second.timestamp)
            return now, first.offset
        case "insert":
            forged = one._replace(value=chance.randbytes(20))
            if chance.random() < 0.5:
                now.insert(at, forged)  # twice the same offset: one of both is forged
            else:
                later = [record._replace(offset=record.offset + 1) for record in now[at:]]
                now[at:] = [forged, *later]
            return now, one.offset
        case _:
            return now[:at], one.offset


def _flipped(chance: random.Random, record: StoredRecord) -> StoredRecord:
    """One bit of value or key, one millisecond, or a header."""
    match chance.choice(("value", "key", "stamp", "header")):
        case "value":
            return record._replace(value=_bit(chance, record.value or b"\0"))
        case "key":
            return record._replace(key=_bit(chance, record.key or b"\0"))
        case "stamp":
            return record._replace(timestamp=record.timestamp + chance.choice((-1, 1)))
        case _:
            return record._replace(headers=(*record.headers, ("x", b"")))


def _bit(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) * 8)
    changed = bytearray(content)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)
