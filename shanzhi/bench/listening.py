"""Listeners to the changes, as browsers are: many connections, each told everything; when each position was told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from readers.standing import positions_of
from shanzhi.bench.looks import Look

_ID = b"id: "
_UNTIL_OPEN_SECONDS = 10.0


class Listeners:
    """So many open streams; `seen` is what the first of them was told, and when (monotonic seconds)."""

    def __init__(self, dashboard: str, count: int) -> None:
        self._url, self._count = f"{dashboard}/api/v1/changes", count
        self.seen: list[Look] = []
        self.messages = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """All of them listen inside the block."""
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            tasks = [asyncio.create_task(self._listen(session, number)) for number in range(self._count)]
            await self._until_told()
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_told(self) -> None:
        deadline = time.monotonic() + _UNTIL_OPEN_SECONDS
        while self.messages < self._count and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    async def _listen(self, session: aiohttp.ClientSession, number: int) -> None:
        async with session.get(self._url) as response:
            async for line in response.content:
                if not line.startswith(_ID):
                    continue
                self.messages += 1
                positions = positions_of(line[len(_ID) :].decode().strip())
                if number == 0 and positions is not None:
                    self.seen.append(Look(time.monotonic(), dict(enumerate(positions))))
