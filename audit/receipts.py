"""Receipts: what shows to anybody, offline, that one event stands in the ledger as it was sealed.

`audit/standalone/verify_receipt.py` checks one with nothing but Python and the published key.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from typing import Any

from audit.leaf import leaf_bytes
from audit.merkle import inclusion_path, leaf_hash, nodes_of, verify_inclusion
from audit.seal_store import last_seal, ledger_id, tiles_of
from audit.seals import Seal, part_hashes
from audit.tiles import node_of
from ledger.errors import LedgerUnsound
from ledger.reader import fetch_records
from ledger.record import RawRecord
from projections.read import QuestionRefused
from projections.store.connection import answering, connect

FORMAT = 1


def receipt(database_url: str, kafka_bootstrap: str, partition: int, offset: int) -> dict[str, Any]:
    """The receipt of one record up to the newest signed root, for JSON.

    Raises `QuestionRefused` where it is not sealed yet, `LedgerUnsound` where the record is not what was sealed.
    """
    with answering(), closing(connect(database_url, "shanzhi receipt")) as connection, connection.cursor() as cursor:
        seal, ledger = last_seal(cursor), ledger_id(cursor)
        if seal is None or partition >= len(seal.partitions) or offset >= seal.partitions[partition].next:
            raise QuestionRefused(
                f"{partition}:{offset} 尚未封存 · is in no seal yet",
                "稍后再试，或先封存 · Try again later, or seal now: shanzhi seal now",
            )
        path = proof(cursor, seal, partition, offset)
    record = fetch_records(kafka_bootstrap, partition, (offset,)).get(offset)
    part = seal.partitions[partition]
    if record is None or not verify_inclusion(
        leaf_hash(leaf_bytes(ledger, partition, record)), offset, part.next, path, bytes.fromhex(part.root)
    ):
        raise LedgerUnsound(
            f"{partition}:{offset} 与封印 {seal.number} 不符 · is not what seal {seal.number} says",
            "请运行 shanzhi seal check，从归档恢复账本 · Run shanzhi seal check; restore the ledger from its archive.",
        )
    return written(seal, partition, record, path)


def proof(cursor: Any, seal: Seal, partition: int, offset: int) -> list[bytes]:
    """The path from a record's leaf to its partition's root in a seal. Raises `LedgerUnsound` without its tiles."""
    try:
        return inclusion_path(offset, seal.partitions[partition].next, node_of(tiles_of(cursor, partition)))
    except IndexError as error:
        raise LedgerUnsound(
            f"分区 {partition} 的封印砖块缺失 · tiles of partition {partition} are missing ({error})",
            "请运行 shanzhi seal check · Run shanzhi seal check.",
        ) from error


def written(seal: Seal, partition: int, record: RawRecord, path: list[bytes]) -> dict[str, Any]:
    """A receipt as JSON holds it: bytes of the record in base64, hashes in hexadecimal."""
    part, parts = seal.partitions[partition], part_hashes(seal.partitions)
    beside = inclusion_path(partition, len(parts), nodes_of(parts))
    return {
        "receipt": FORMAT,
        "record": {
            "ledger": seal.ledger,
            "partition": partition,
            "offset": record.offset,
            "stamp_ms": record.timestamp,
            "key": _base64(record.key),
            "headers": [[name, _base64(value)] for name, value in record.headers],
            "value": _base64(record.value),
        },
        "partition": {"next": part.next, "root": part.root, "path": [hashed.hex() for hashed in path]},
        "partitions": {"count": len(parts), "path": [hashed.hex() for hashed in beside]},
        "seal": {
            "ledger": seal.ledger,
            "number": seal.number,
            "made_at": seal.made_at,
            "root": seal.root,
            "previous": seal.previous,
        },
        "key": seal.key,
        "signature": seal.signature,
    }


def _base64(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()
