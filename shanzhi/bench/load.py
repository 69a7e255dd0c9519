"""Publishers over HTTP, many connections at once, for measuring: what they sent and how long each answer took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import orjson

from ledger.envelope import BATCH, STRUCTURED
from shanzhi.errors import CountsDiffer


@dataclass
class Sent:
    """`answer_seconds` of each request, in no order; acknowledged (partition, offset, monotonic seconds)."""

    seconds: float = 0.0
    answer_seconds: list[float] = field(default_factory=list)
    acknowledged: list[tuple[int, int, float]] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Acknowledged events a second."""
        return len(self.acknowledged) / self.seconds if self.seconds else 0.0

    def milliseconds(self, share: float) -> float:
        """The answer time that so large a share of the requests stayed below."""
        return percentile_ms(self.answer_seconds, share)


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """The value in milliseconds that so large a share stays at or below; 0 of nothing."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1) if ordered else 0.0


class Load:
    """Sends to one gateway with one publisher's key."""

    def __init__(self, gateway_url: str, key: str, connections: int) -> None:
        self._url, self._connections = f"{gateway_url}/events", connections
        self._headers = {"Authorization": f"Bearer {key}"}

    async def singles(self, events: Sequence[bytes], per_second: float | None = None) -> Sent:
        """Each event as a request of its own, at a steady pace where one is given."""
        return await self._send([(event, STRUCTURED) for event in events], per_second)

    async def batches(self, events: Sequence[bytes], size: int) -> Sent:
        """So many events a request."""
        groups = (events[first : first + size] for first in range(0, len(events), size))
        return await self._send([(b"[" + b",".join(group) + b"]", BATCH) for group in groups], None)

    async def _send(self, bodies: Sequence[tuple[bytes, str]], per_second: float | None) -> Sent:
        sent, waiting, began = Sent(), enumerate(bodies), time.monotonic()
        connector = aiohttp.TCPConnector(limit=self._connections)
        async with (
            aiohttp.ClientSession(connector=connector, headers=self._headers) as session,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(self._connections):
                group.create_task(self._connection(session, waiting, sent, began, per_second))
        sent.seconds = time.monotonic() - began
        return sent

    async def _connection(
        self,
        session: aiohttp.ClientSession,
        waiting: Iterator[tuple[int, tuple[bytes, str]]],
        sent: Sent,
        began: float,
        per_second: float | None,
    ) -> None:
        for number, (text, media_type) in waiting:
            if per_second and (early := began + number / per_second - time.monotonic()) > 0:
                await asyncio.sleep(early)
            asked = time.monotonic()
            async with session.post(self._url, data=text, headers={"Content-Type": media_type}) as response:
                answer = await response.read()
            now = time.monotonic()
            if response.status not in (200, 201):
                said = answer.decode(errors="replace")[:600]
                raise CountsDiffer(f"the gateway answered {response.status}: {said}", "See its log.")
            sent.answer_seconds.append(now - asked)
            receipt = orjson.loads(answer)
            receipts = [one["receipt"] for one in receipt["results"]] if "results" in receipt else [receipt]
            sent.acknowledged.extend((one["partition"], one["offset"], now) for one in receipts)
