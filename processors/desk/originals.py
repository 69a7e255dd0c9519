"""What was sent, for whoever repairs it: out of the intake's sealed copy, or out of the ledger itself."""

from __future__ import annotations

from typing import NamedTuple

from ledger.errors import EventRefused
from ledger.reader import Reader
from ledger.sealing import ExistingKeys
from processors.desk.references import DeskRefused
from processors.desk.register import Item, Register
from processors.desk.repair import sealed_in, unsealed
from processors.intake.originals import Original, place_of, unseal_original
from processors.intake.reading import event_of


class Found(NamedTuple):
    """An original, and whose keys it takes to read it in plain."""

    original: Original
    owners: tuple[str, ...]


def original_of(item: Item, register: Register, keys: ExistingKeys, bootstrap: str) -> Found:
    """Raises `DeskRefused` where it is not kept, or its key is destroyed."""
    if item.origin == "ledger":
        return Found(Original(_of_ledger(bootstrap, item), ()), ())
    kept = register.original(item)
    if kept is None:
        raise _gone(item)
    key = keys.existing([kept.owner]).get(kept.owner)
    place = place_of(item.topic_id, item.partition, item.offset)
    original = unseal_original(key, kept.sealed, place) if key else None
    if original is None:
        raise _gone(item)
    return Found(original, (kept.owner,))


def event_text(item: Item, found: Found) -> bytes:
    """The event in structured mode. Raises `DeskRefused` where the record names none."""
    if item.origin == "ledger":
        return found.original.value or b""
    try:
        return event_of(found.original.headers, found.original.value)
    except EventRefused as refusal:
        raise DeskRefused(
            f"原件不是事件 · the original is no event ({refusal.rule})",
            "请用 --file 提交修好的事件 · Give the repaired event: --file REPAIRED.json",
        ) from None


def submitted(item: Item, event: dict[str, object], keys: ExistingKeys) -> tuple[dict[str, object], tuple[str, ...]]:
    """The event as it was submitted, and whose personal fields were opened for it."""
    if item.origin == "intake":
        return event, ()
    fields = sealed_in(event)
    owners = {field.owner for field in fields}
    return unsealed(event, fields, keys.existing(owners)), tuple(field.owner for field in fields)


def _of_ledger(bootstrap: str, item: Item) -> bytes | None:
    with Reader(bootstrap) as reader:
        if reader.starts[item.partition] <= item.offset < reader.ends[item.partition]:
            batch = next(reader.batches({item.partition: item.offset}, {item.partition: item.offset + 1}), None)
            if batch and batch.records[0].offset == item.offset:
                return batch.records[0].value
    raise _gone(item)


def _gone(item: Item) -> DeskRefused:
    return DeskRefused(
        f"{item.reference} 的原件已不存在 · the original is gone (dropped, over 30 days old, or too large)",
        "请发布方重发，或用 --file 提交事件 · The publisher sends it again, or give the event as --file.",
    )
