"""Binds the tables to a ledger that was restored: offsets mean the same there, and the topic's id is another one."""

from __future__ import annotations

from typing import Any

from ledger.errors import LedgerUnsound
from ledger.reader import Reader
from ledger.topics import Topic
from projections.store.plan import record_hash


def bind_restored(cursor: Any, reader: Reader, topic: Topic) -> bool:
    """Whether the index was of another topic until now. It is bound where the last record that it has read stands in
    this one at the same offset, in every partition; else `LedgerUnsound`, and nothing is changed.
    """
    cursor.execute(
        "select partition, topic_id, next, last_hash from shanzhi.index_position order by partition for update"
    )
    rows = cursor.fetchall()
    if all(topic_id == topic.id for _, topic_id, _, _ in rows):
        return False
    for partition, _, following, last_hash in rows:
        if following:
            _assert_same(reader, partition, following, last_hash)
    cursor.execute("update shanzhi.index_position set topic_id = %s", (topic.id,))
    return True


def _assert_same(reader: Reader, partition: int, following: int, last_hash: str | None) -> None:
    if reader.ends[partition] < following:
        raise LedgerUnsound(
            f"索引已读到 {partition}:{following}，账本只到 {reader.ends[partition]} · the index has read up to offset "
            f"{following} of partition {partition}, the ledger ends at {reader.ends[partition]}",
            "请恢复更新的归档，或用归档之前的备份 · Restore a later archive, or a backup that was written before the "
            "archive: a backup comes first, the archive after it.",
        )
    last = reader.records(partition, [following - 1]).get(following - 1)
    if last is None or record_hash(last) != last_hash:
        raise LedgerUnsound(
            f"{partition}:{following - 1} 不是索引所读的记录 · is not the record that the index has read",
            "这个账本不属于这个数据库 · This ledger is not the one of this database: restore both of one installation.",
        )
