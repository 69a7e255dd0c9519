"""Photos and dry runs that take for ever hold up their like alone: a stranger's single event is served as ever."""

from __future__ import annotations

import asyncio
import io
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from PIL import Image

from ledger.fields import Photo
from ledger.photos import PhotoStore
from ledger.protocols import Previewed
from ledger.submission import Stored
from producers.gateway import app as routes
from producers.gateway.aside import Side
from producers.gateway.dry_run import DRY_RUNS_AT_ONCE, DRY_RUNS_IN_WORK, DRY_RUNS_OF_ONE, side_of_dry_runs
from producers.gateway.photographs import PHOTOS_IN_WORK, PHOTOS_OF_ONE, side_of_photos
from producers.gateway.picture import AT_ONCE
from projections.store.preview import TablePreview
from shanzhi import gateway
from shanzhi.settings import Settings
from tests.door import STRUCTURED, Door, event_of

PHOTO_PUBLISHERS = [f"photos-{number}" for number in range(PHOTOS_IN_WORK // PHOTOS_OF_ONE)]
DRY_PUBLISHERS = [f"dry-{number}" for number in range(DRY_RUNS_IN_WORK // DRY_RUNS_OF_ONE)]
LONG_SECONDS = 20.0

gate = threading.Event()
begun: Counter[str] = Counter()


class SlowPhotos(PhotoStore):
    """Keeps nothing before the gate is opened."""

    def keep(self, owner: str, picture: bytes, media_type: str) -> Photo:
        begun["photos"] += 1
        assert gate.wait(LONG_SECONDS)
        return super().keep(owner, picture, media_type)


class SlowPreview(TablePreview):
    """The same of previews."""

    def of(self, events: Sequence[Stored], now: datetime) -> list[Previewed]:
        begun["dry runs"] += 1
        assert gate.wait(LONG_SECONDS)
        return super().of(events, now)


class Caller:
    """Asks a gateway that runs in this process."""

    def __init__(self, door: Door, client: httpx.AsyncClient) -> None:
        self._door, self._client, self._keys = door, client, dict[str, str]()

    async def photo(self, publisher: str) -> int:
        asked = {"owner": event_of("case.discovered")["subject"]}
        return await self._post(publisher, "/photos", asked, picture())

    async def dry_run(self, publisher: str) -> int:
        return await self._post(publisher, "/events", {"dry_run": "true"}, self._event(publisher))

    async def event(self, publisher: str) -> int:
        return await self._post(publisher, "/events", {}, self._event(publisher))

    async def _post(self, publisher: str, path: str, asked: dict[str, str], content: bytes) -> int:
        if publisher not in self._keys:
            self._keys[publisher] = self._door.register(publisher, source_of(publisher))
        headers = {"authorization": f"Bearer {self._keys[publisher]}", "content-type": STRUCTURED}
        return (await self._client.post(path, params=asked, content=content, headers=headers)).status_code

    def _event(self, publisher: str) -> bytes:
        return orjson.dumps(event_of("case.rated", source=source_of(publisher)))


def source_of(publisher: str) -> str:
    return f"urn:example:side-{publisher}"


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "png")
    return made.getvalue()


def test_events_are_served_while_photos_and_dry_runs_take_for_ever(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "PhotoStore", SlowPhotos)
    monkeypatch.setattr(gateway, "TablePreview", SlowPreview)
    sides = [side_of_dry_runs(), side_of_photos()]
    monkeypatch.setattr(routes, "side_of_dry_runs", lambda: sides[0])
    monkeypatch.setattr(routes, "side_of_photos", lambda: sides[1])
    served = []

    def serve(app: FastAPI, *_: Any) -> None:
        asyncio.run(asyncio.wait_for(scene(door, app, *sides), 3 * LONG_SECONDS))
        served.append(app)

    monkeypatch.setattr(gateway, "serve", serve)
    try:
        gateway.run_gateway(Settings(folder=door.folder), door.endpoints, None)  # type: ignore[arg-type]
    finally:
        gate.set()
    assert served


async def scene(door: Door, app: FastAPI, dry_side: Side, photo_side: Side) -> None:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=None) as client,
    ):
        caller = Caller(door, client)
        photos = [asyncio.create_task(caller.photo(one)) for one in PHOTO_PUBLISHERS for _ in range(PHOTOS_OF_ONE)]
        dry_runs = [asyncio.create_task(caller.dry_run(one)) for one in DRY_PUBLISHERS for _ in range(DRY_RUNS_OF_ONE)]
        await until(lambda: begun == {"photos": AT_ONCE, "dry runs": DRY_RUNS_AT_ONCE})
        await until(lambda: (photo_side.taken, dry_side.taken) == (PHOTOS_IN_WORK, DRY_RUNS_IN_WORK))
        assert await caller.photo("late") == await caller.dry_run("late") == 429
        assert await caller.photo(PHOTO_PUBLISHERS[0]) == await caller.dry_run(DRY_PUBLISHERS[0]) == 429
        assert await caller.event("nobody-asked-before") == 201
        assert await caller.event(PHOTO_PUBLISHERS[0]) == 201, "of the same publisher too"
        assert not any(one.done() for one in photos + dry_runs), "while nothing of all that has ended"
        gate.set()
        assert set(await asyncio.gather(*photos)) == {201}
        assert set(await asyncio.gather(*dry_runs)) == {200}
        assert (await caller.photo("late"), await caller.dry_run("late")) == (201, 200), "and there is room again"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)
