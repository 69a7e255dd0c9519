"""The proofs of a pack: of each event a receipt up to the first seal over it, so that later seals change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from audit.leaf import leaf_bytes
from audit.merkle import Node, inclusion_path, leaf_hash, verify_inclusion
from audit.pack.gather import Position
from audit.receipts import written
from audit.seal_store import ledger_id, seals_since, tiles_of
from audit.seals import Seal
from audit.tiles import node_of
from ledger.errors import LedgerUnsound
from ledger.record import RawRecord
from projections.store.connection import answering, connect


class Proof(NamedTuple):
    """An event's receipt as JSON holds it, and the seal that it leads to."""

    position: Position
    receipt: Mapping[str, Any]
    seal: Seal


def proofs(database_url: str, records: Mapping[Position, RawRecord]) -> Iterator[Proof]:
    """The receipts of all records that are sealed, in the order of the records; others have none yet.

    Raises `LedgerUnsound` where a record is not what was sealed.
    """
    with answering(), closing(connect(database_url, "shanzhi export")) as connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        ledger, covering = ledger_id(cursor), _covering(cursor, records)
        trees: dict[int, Node] = {}
        for (partition, offset), record in records.items():
            seal = covering.get((partition, offset))
            if seal is None:
                continue
            node = trees.setdefault(partition, node_of(tiles_of(cursor, partition)))
            path = _path(node, ledger, seal, partition, record)
            yield Proof((partition, offset), written(seal, partition, record, path), seal)
        connection.rollback()


def _covering(cursor: Any, positions: Mapping[Position, object]) -> dict[Position, Seal]:
    """The first seal that reaches over each position."""
    left = {partition: sorted(own for one, own in positions if one == partition) for partition, _ in positions}
    found: dict[Position, Seal] = {}
    for seal in seals_since(cursor, 0):
        for partition, offsets in left.items():
            following = seal.partitions[partition].next
            while offsets and offsets[0] < following:
                found[partition, offsets.pop(0)] = seal
        if not any(left.values()):
            break
    return found


def _path(node: Node, ledger: str, seal: Seal, partition: int, record: RawRecord) -> list[bytes]:
    part = seal.partitions[partition]
    try:
        path = inclusion_path(record.offset, part.next, node)
    except IndexError:
        path = []
    leaf = leaf_hash(leaf_bytes(ledger, partition, record))
    if not verify_inclusion(leaf, record.offset, part.next, path, bytes.fromhex(part.root)):
        raise LedgerUnsound(
            f"{partition}:{record.offset} 与封印 {seal.number} 不符 · is not what seal {seal.number} says",
            "运行 shanzhi seal check，从归档恢复账本 · Run shanzhi seal check; restore the ledger from its archive.",
        )
    return path
