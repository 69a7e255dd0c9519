"""What changes, as it changes: one thread looks where the tables stand, and all who listen are told.

A message says which partitions moved since the one before that its listener has; its id is the position vector, so
that a listener who comes back is told everything that moved meanwhile, whatever generation readers see by then.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import orjson

from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.postgres import Session
from projections.store.generation import read_current
from readers.api.freshness import Fresh
from readers.api.problems import Problem
from readers.standing import Standing, positions_of, standing_of

LOOK_SECONDS = 0.1
BEAT_SECONDS = 5.0
CURRENT_SECONDS = 2.0  # a look that is older says that PostgreSQL is away
LISTENERS = 1_000
RETRY = b"retry: 1000\n\n"


class Look(NamedTuple):
    """Where the tables stood, at monotonic seconds."""

    standing: Standing
    at: float


class Changes:
    """Begins with `start`, in the event loop that listens; `stop` ends every stream."""

    def __init__(self, database_url: str, fresh: Callable[[Standing], Fresh]) -> None:
        self._session = Session(database_url, "shanzhi readers changes")
        self._fresh = fresh
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: Look | None = None
        self._moved = asyncio.Event()
        self._messages: dict[Standing | None, bytes] = {}
        self.listeners = 0

    def start(self) -> None:
        """Begins to look."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Every stream ends, and whoever waits is told what there is. In the event loop."""
        self._ending.set()
        self._moved.set()

    def close(self) -> None:
        """Ends the thread and its connection."""
        self.stop()
        self._thread.join(2)
        self._session.close()

    async def reach(self, places: list[tuple[int, int]], seconds: float) -> bool:
        """Whether the tables hold all of these records, as soon as they do or the time is up."""
        deadline = time.monotonic() + seconds
        while not self._holds(places):
            left = deadline - time.monotonic()
            if left <= 0 or self._ending.is_set():
                return False
            await self._until_moved(left)
        return True

    @property
    def standing(self) -> Standing | None:
        """Where the tables stood at the last look, None before the first one. May be asked from other threads."""
        look = self._look
        return look.standing if look else None

    def assert_room(self) -> None:
        """Raises `Problem` where nobody more may listen."""
        if self.listeners >= LISTENERS:
            raise Problem(
                "crowded", f"已有 {LISTENERS} 个连接 · {LISTENERS} listen already", "稍后再试 · Come again later."
            )

    async def messages(self, last_event_id: str) -> AsyncIterator[bytes]:
        """Messages for one listener until `stop`: where things stand, then each change; a beat where there is none."""
        self.listeners += 1
        try:
            async for message in self._messages_since(positions_of(last_event_id)):
                yield message
        finally:
            self.listeners -= 1

    async def _messages_since(self, positions: tuple[int, ...] | None) -> AsyncIterator[bytes]:
        sent = Standing("", positions) if positions else None
        is_told = False
        yield RETRY
        while not self._ending.is_set():
            look = self._look
            if look is not None and not (is_told and look.standing == sent):
                yield self._message(sent, look.standing)
                sent, is_told = look.standing, True
                continue
            if not await self._until_moved(BEAT_SECONDS):
                yield self._beat()

    async def _until_moved(self, seconds: float) -> bool:
        moved = self._moved
        try:
            async with asyncio.timeout(seconds):
                await moved.wait()
        except TimeoutError:
            return False
        return True

    def _holds(self, places: list[tuple[int, int]]) -> bool:
        look = self._look
        return look is not None and all(look.standing.holds(*place) for place in places)

    def _message(self, sent: Standing | None, standing: Standing) -> bytes:
        """The same bytes for all who were told the same before."""
        found = self._messages.get(sent)
        if found is None:
            before = sent.positions if sent else standing.positions
            moved = [number for number, end in enumerate(standing.positions) if end != before[number]]
            found = self._messages[sent] = event("change", self._told(standing, partitions=moved), standing.vector)
        return found

    def _beat(self) -> bytes:
        look = self._look
        if look is None or time.monotonic() - look.at > CURRENT_SECONDS:
            return b": PostgreSQL does not answer\n\n"
        return event("beat", self._told(look.standing))

    def _told(self, standing: Standing, **more: Any) -> dict[str, Any]:
        fresh = self._fresh(standing)
        return {
            "generation": standing.generation,
            "position": standing.vector,
            "newest_time": fresh.newest_time,
            "lag_records": fresh.lag_records,
            "lag_seconds": fresh.lag_seconds,
            "missed_publishers": fresh.missed_publishers,
            **more,
        }

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                standing = self._session.ask(lambda cursor: standing_of(cursor, read_current(cursor)[0]))
            except (OutcomeUnknown, StoreUnsound):
                continue
            self._tell(Look(standing, time.monotonic()))

    def _tell(self, look: Look) -> None:
        is_new = self._look is None or self._look.standing != look.standing
        if not is_new:
            self._look = look
            return
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._wake, look)
        except RuntimeError:  # the loop has ended before this thread
            self._ending.set()

    def _wake(self, look: Look) -> None:
        self._look, self._messages = look, {}
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def event(name: str, data: dict[str, Any], id_: str | None = None) -> bytes:
    """A server-sent event."""
    told = b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data, option=orjson.OPT_UTC_Z) + b"\n"
    return told + (b"id: " + id_.encode() + b"\n\n" if id_ else b"\n")
