"""The last stretch: what came in while a generation was folded in bulk is folded as live, then readers are switched.

The generation that readers see, and the one that workers of these folds follow, are held still for the very last
records only, and never for longer than those who wait have patience. Positions of the new one are then nowhere behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from typing import Any

from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.reader import Reader, RecordFetcher
from ledger.topics import PARTITIONS
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.generation import HELD_SECONDS, NEAR_RECORDS, hand_over, hold_generations, is_newer, newest

ROUNDS = 500
_NEVER = threading.Event()
Report = Callable[[int], None]
"""Called with the records that are still to be folded."""


class CatchingUp:
    """A context manager: a lane that works in the generation under construction, and a reader for it."""

    def __init__(self, connection: Any, database_url: str, kafka_bootstrap: str, generation: str) -> None:
        self._connection, self._generation = connection, generation
        self._url, self._bootstrap = database_url, kafka_bootstrap
        self._resources = ExitStack()

    def __enter__(self) -> CatchingUp:
        with ExitStack() as opened:
            fetcher = opened.enter_context(closing(RecordFetcher(self._bootstrap)))
            lane = Lane(
                self._url,
                fingerprint(),
                PARTITIONS,
                StateCache(),
                _NEVER,
                self._away,
                fetcher,
                generation=self._generation,
            )
            self._lane = opened.enter_context(closing(lane))
            self._reader = opened.enter_context(Reader(self._bootstrap))
            self._resources = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def come_near(self, report: Report) -> None:
        """Folds until the rest is what takes a moment. Raises `StoreUnsound` where workers are ever faster."""
        for _ in range(ROUNDS):
            with self._connection, self._connection.cursor() as cursor:
                since, until = self._positions(cursor), indexed(cursor)
            left = behind(since, until)
            report(left)
            if left <= NEAR_RECORDS // 10:
                return
            self._fold(since, until)
        raise StoreUnsound(
            "追不上：处理进程折叠得更快 · not caught up: workers fold a backlog faster than we do",
            "等它们处理完积压再重建 · Rebuild once they have read the backlog.",
        )

    def switch(self) -> bool:
        """Holds the readers' generation still, folds the rest and hands over; False where that took too long.

        Raises `StoreUnsound` where readers see a later generation by now.
        """
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(f"set local lock_timeout = '{HELD_SECONDS}s'")
            hold_generations(cursor)  # a worker that is about to switch would take readers back to its own
            deadline = time.monotonic() + HELD_SECONDS
            refuse_going_back(hold_live(cursor), self._generation)
            hold_followed(cursor)
            since, until = self._positions(cursor), indexed(cursor)
            if behind(since, until) > NEAR_RECORDS:
                return False
            self._fold(since, until)
            if time.monotonic() > deadline:
                return False
            hand_over(cursor, self._generation)
        return True

    def _fold(self, since: Mapping[int, int], until: Mapping[int, int]) -> None:
        self._reader.look()
        for batch in self._reader.batches(dict(since), until):
            self._lane.apply(batch)

    def _positions(self, cursor: Any) -> dict[int, int]:
        cursor.execute(f"select partition, next from {self._generation}.position")
        return dict(cursor.fetchall())

    def _away(self, is_away: bool) -> None:
        """A rebuild does not wait for servers: it is begun again."""
        if is_away:
            raise OutcomeUnknown("PostgreSQL or Kafka went away during the rebuild", "Rebuild again once both answer.")


def hold_live(cursor: Any) -> str | None:
    """Locks the positions of the readers' generation, in the order of all who lock them; None where it is gone.

    Whatever else is waited for from here on, it is for less time than those have who wait for us.
    """
    cursor.execute(f"set local lock_timeout = '{HELD_SECONDS}s'")
    cursor.execute("select generation from shanzhi.current where to_regclass(generation || '.position') is not null")
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute(f"select from {row[0]}.position order by partition for update")
    return str(row[0])


def refuse_going_back(current: str | None, generation: str) -> None:
    """Raises `StoreUnsound` where workers of a later version have made tables since this rebuild began, and switched
    readers to them."""
    if current is not None and is_newer(current, generation):
        raise StoreUnsound(
            f"已换用更新的数据 · readers see {current} by now, which was made after {generation}",
            "用该版本重建 · Rebuild with the version that made it: shanzhi generation list",
        )


def hold_followed(cursor: Any) -> None:
    """Locks the positions of what workers of these folds follow, where readers see another generation.

    A worker that has nothing more to read would not notice that what it is handed stands behind what it has read.
    """
    followed = newest(cursor, fingerprint())
    if followed is not None:
        cursor.execute(f"select from {followed}.position order by partition for update")


def indexed(cursor: Any) -> dict[int, int]:
    """How far the event index has read: no generation is further."""
    cursor.execute("select partition, next from shanzhi.index_position")
    return dict(cursor.fetchall())


def behind(since: Mapping[int, int], until: Mapping[int, int]) -> int:
    """Records from where one stands to where the other does, over all partitions."""
    return sum(max(0, end - since[number]) for number, end in until.items())
