"""How far the workers are: the counters of the event index, and where the ledger ends."""

from __future__ import annotations

from typing import Any, NamedTuple

from ledger.reader import Reader
from projections.store.connection import connect, postgres_away

_COUNTS = (
    "select coalesce(sum(indexed), 0)::bigint, coalesce(sum(repeats), 0)::bigint, "
    "coalesce(sum(quarantined), 0)::bigint, coalesce(sum(gaps), 0)::bigint, coalesce(sum(next), 0)::bigint "
    "from shanzhi.index_position"
)


class Counted(NamedTuple):
    """Of all partitions together: indexed + repeats + quarantined + gaps = next."""

    indexed: int
    repeats: int
    quarantined: int
    gaps: int
    next: int

    def since(self, before: Counted) -> Counted:
        """What came on top of `before`."""
        return Counted(*(now - then for now, then in zip(self, before, strict=True)))


class Watch:
    """A connection of its own for looking often; a context manager. Not thread-safe."""

    def __init__(self, database_url: str) -> None:
        self._connection: Any = connect(database_url, "shanzhi watch")
        self._connection.autocommit = True

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def counted(self) -> Counted:
        """Zeros where no worker has run yet."""
        return Counted(*self._rows(_COUNTS)[0])

    def lag_records(self, ends: dict[int, int]) -> int:
        """How many records before `ends` the readers' tables don't have yet."""
        positions = dict(self.of_current("select partition, next from {}.position"))
        return sum(max(0, end - positions.get(partition, 0)) for partition, end in ends.items())

    def anomalies(self) -> int:
        """How many events of the readers' tables made no sense where they came."""
        return sum(count for (count,) in self.of_current("select count(*) from {}.anomaly"))

    def knows_the_county(self) -> bool:
        """Whether places are registered already, so that a simulation need not do it again."""
        return bool(self.of_current("select 1 from {}.entity_place limit 1"))

    def of_current(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the generation that readers see; none where no worker has ever run."""
        current = self._rows("select generation from shanzhi.current")
        return self._rows(statement.format(current[0][0])) if current else []

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Raises `OutcomeUnknown` where PostgreSQL is away."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows
        except (self._connection.OperationalError, self._connection.InterfaceError) as error:
            raise postgres_away(error) from error


def ledger_ends(kafka_bootstrap: str) -> dict[int, int]:
    """The next offset of each partition, now. Raises `OutcomeUnknown` where Kafka is away."""
    with Reader(kafka_bootstrap) as reader:
        return dict(reader.ends)
