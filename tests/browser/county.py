"""A small county for a journey: a grid with a worker, a desk, a town, and a unit with a liaison, as logins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, expect

from readers.accounts.login import Grant
from tests.door import Door, event_of
from tests.readers_door import PASSWORD, account

PHONE = {"width": 390, "height": 844}
_PLACES = ("grid", "estate", "community", "town", "county")
GRID, ESTATE, COMMUNITY, TOWN, COUNTY = (f"place/b-{name}" for name in _PLACES)
UNIT, WORKER = "unit/b-water", "person/b-worker"
_NAMES = {COUNTY: "演示县", TOWN: "城关镇", COMMUNITY: "云兴街社区", ESTATE: "云泰园小区", GRID: "云泰园第一网格"}
_LEVELS = {COUNTY: "county", TOWN: "town", COMMUNITY: "community", ESTATE: "estate", GRID: "grid"}
_PARENTS = {TOWN: COUNTY, COMMUNITY: TOWN, ESTATE: COMMUNITY, GRID: ESTATE}


@dataclass
class County:
    """Who lives and works in it, each with a browser window of a phone's size."""

    door: Door
    browser: Browser
    accounts: dict[str, str]

    @contextmanager
    def window(
        self, who: str | None = None, size: dict[str, int] | None = None, path: str = "/", complains: bool = True
    ) -> Iterator[Page]:
        """A window of its own, logged in as somebody; whatever goes wrong in it is an error at the end (`complains`:
        also what its console says, which is full of it while a server is away)."""
        size = size or PHONE
        context = self.browser.new_context(viewport=size, locale="zh-CN", base_url=self.door.dashboard)  # type: ignore[arg-type]
        window = context.new_page()
        watched = Watched(window, self.door.dashboard)
        if who:
            window.goto("/login")
            window.fill("#name", self.accounts[who])
            window.fill("#password", PASSWORD)
            window.click("main button")
            expect(window.locator(".who")).to_be_visible()
        window.goto(path)
        yield window
        context.close()
        found = [one for one in watched.complaints if complains or one.startswith("asked")]
        assert found == [], found


class Watched:
    """What a window must not do: ask another host, or complain in its console."""

    def __init__(self, window: Page, address: str) -> None:
        self.complaints: list[str] = []
        window.on("request", lambda request: self._asked(request.url, address))
        window.on("console", lambda message: self._said(message.type, message.text))
        window.on("response", lambda response: self._answered(response.url, response.status))
        window.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _asked(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.complaints.append(f"asked {url}")

    def _answered(self, url: str, status: int) -> None:
        if status >= 400:
            self.complaints.append(f"{status}: {url}")

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")


def founded(door: Door, browser: Browser) -> County:
    """Registers places, unit and people, and waits until the tables know them."""
    events = [_place(place) for place in _LEVELS]
    events += [
        _told("unit.registered", UNIT, {"name": "县水务局", "kind": "government"}),
        _told("person.registered", WORKER, {"roles": ["grid_worker"], "community": COMMUNITY}),
        _told("place.staffed", GRID, {"person": WORKER, "role": "grid_worker", "chosen": "appointed"}),
    ]
    for event in events:
        answer = door.post(event, wait="10s")
        assert answer.status_code == 201, answer.text
    grants = {
        "worker": Grant("grid_worker", place=GRID),
        "desk": Grant("desk", place=COMMUNITY),
        "town": Grant("town", place=TOWN),
        "liaison": Grant("liaison", unit=UNIT),
        "member": Grant("member"),
        "estate": Grant("estate", place=ESTATE),
        "leader": Grant("leader"),
        "auditor": Grant("auditor"),
        "administrator": Grant("administrator"),
    }
    accounts = {who: account(door, grant, person=WORKER if who == "worker" else None) for who, grant in grants.items()}
    return County(door, browser, accounts)


def _place(place: str) -> dict[str, Any]:
    data: dict[str, Any] = {"name": _NAMES[place], "level": _LEVELS[place]}
    if place in _PARENTS:
        data["parent"] = _PARENTS[place]
    return _told("place.registered", place, data)


def _told(type_: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return event_of(type_, subject, data=data)
