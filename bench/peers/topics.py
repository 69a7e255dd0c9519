"""What the bench itself asks of Kafka: topics for results, committed offsets, and an end to what peers leave."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from bench.peers.cells import Cells, without_zeros
from ledger.reader import Reader
from ledger.topics import LEDGER, PARTITIONS

_STAMPED = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}


class Results(NamedTuple):
    """The newest counts of each grid and unit, and when the broker stamped the last of them (seconds since 1970)."""

    cells: Cells
    last_at: float


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

    def make(self, name: str) -> None:
        """A topic whose records the broker stamps as they come in."""
        declared = {"num_partitions": PARTITIONS, "replication_factor": 1, "configs": _STAMPED}
        self._admin.create_topics({name: declared}, wait_for_metadata=True)

    def committed(self, group: str) -> int:
        """How many records of the ledger the group has committed."""
        offsets: Mapping[Any, Any] = self._admin.list_group_offsets(group)[group]
        return sum(one.offset for partition, one in offsets.items() if partition.topic == LEDGER)

    def results(self, name: str) -> Results:
        """Reads a topic of results, or the changelog of a table of them, as far as it goes now."""
        newest: dict[str, dict[str, int]] = {}
        last_ms = 0
        with Reader(self._bootstrap, name, PARTITIONS) as reader:
            for batch in reader.batches(reader.starts, reader.ends):
                for record in batch.records:
                    newest[(record.key or b"").decode().strip('"')] = orjson.loads(record.value or b"{}")
                    last_ms = max(last_ms, record.timestamp)
        return Results(without_zeros(newest), last_ms / 1000)

    def clear(self, group: str) -> None:
        """Deletes every topic that came since this client was made, and the group."""
        made = [topic for topic in self._admin.list_topics() if topic not in self._kept]
        own = [topic for topic in made if not topic.startswith("__")]
        if own:
            self._admin.delete_topics(own)
        try:
            self._admin.delete_groups([group])
        except KafkaError:  # its last member may not have been missed yet: it is empty, and nobody asks for it again
            return
