"""What the bench itself asks of Kafka: topics for results, committed offsets, and an end to what peers leave."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import orjson
from kafka import KafkaAdminClient
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorError,
)

from bench.peers.cells import Cells, without_zeros
from ledger.reader import Reader
from ledger.topics import LEDGER, PARTITIONS

_STAMPED = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}


class Topics:
    """An admin client; a context manager. Not thread-safe."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=10_000)
        self._kept = set(self._admin.list_topics())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._admin.close()

    def make(self, *names: str) -> None:
        """Topics whose records the broker stamps as they come in."""
        declared = {"num_partitions": PARTITIONS, "replication_factor": 1, "configs": _STAMPED}
        self._admin.create_topics(dict.fromkeys(names, declared), wait_for_metadata=True)

    def committed(self, group: str) -> int:
        """How many records of the ledger the group has committed; none where it has no coordinator yet."""
        try:
            offsets: Mapping[Any, Any] = self._admin.list_group_offsets(group)[group]
        except (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError):
            return 0
        return sum(max(0, one.offset) for partition, one in offsets.items() if partition.topic == LEDGER)

    def clear(self, group: str) -> None:
        """Deletes every topic that came since this client was made, and the group."""
        made = [topic for topic in self._admin.list_topics() if topic not in self._kept]
        own = [topic for topic in made if not topic.startswith("__")]
        if own:
            self._admin.delete_topics(own)
        with suppress(KafkaError):  # its last member may not have been missed yet; nobody asks for it again
            self._admin.delete_groups([group])


class Results:
    """A topic of results, or the changelog of a table of them; a context manager.

    `records` were read so far; the broker stamped the last of them at `last_at` (seconds since 1970).
    """

    def __init__(self, bootstrap: str, name: str) -> None:
        self._reader = Reader(bootstrap, name, PARTITIONS)
        self._next = dict.fromkeys(range(PARTITIONS), 0)
        self._newest: dict[str, dict[str, int]] = {}
        self.records = 0
        self.last_at = 0.0

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    def cells(self) -> Cells:
        """The newest counts of each grid and unit, as far as the topic goes now."""
        self._reader.look()
        for batch in self._reader.batches(self._next, self._reader.ends):
            for record in batch.records:
                self._newest[(record.key or b"").decode().strip('"')] = orjson.loads(record.value or b"{}")
                self.last_at = max(self.last_at, record.timestamp / 1000)
            self.records += len(batch.records)
        self._next = dict(self._reader.ends)
        return without_zeros(self._newest)
