"""One matter from the resident's photo to the wall: 发现 派单 落单 吹哨 报到 办理 反馈 评价, each by who does it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.county import GRID, UNIT, County

TEXT = "三号楼前自来水管漏水，路面结冰，老人出行危险。"
SOON_MS = 60_000  # an idle machine takes less than a second; this one is shared


@pytest.mark.timeout(600)
def test_a_matter_goes_its_way_and_everybody_sees_it(county: County, pictures: Path) -> None:
    load, score = _figures(county)
    number = _told_by_the_resident(county, pictures)
    _accepted_by_the_worker(county, pictures, number)
    _asked_for_by_the_desk(county, pictures, number)
    _whistled_by_the_town(county, number)
    _answered_by_the_unit(county, pictures, number)
    _replied_by_the_desk(county, number)
    _rated_by_the_resident(county, pictures, number)
    _seen_on_the_wall(county, pictures)
    assert _figures(county) != (load, score)


def _told_by_the_resident(county: County, pictures: Path) -> str:
    with county.window(path=f"/forms/case.discovered?place={GRID}&channel=app_reflect") as window:
        filled(window, {"category": "供水", "text": TEXT})
        window.select_option("select[name=demand]", "report")
        files = [{"name": "leak.jpg", "mimeType": "image/jpeg", "buffer": photo()}]
        window.set_input_files("input[type=file]", files)  # type: ignore[arg-type]
        window.screenshot(path=pictures / "journey-1-resident.png", full_page=True)
        sent(window)
        number = window.locator(".number").inner_text().strip()
        window.goto(f"/entities/case/{number}")
        seen(window, window.locator(".timeline", has_text="派单"))
        assert TEXT not in window.content(), "who has only the number sees nothing personal"
    return number


def _accepted_by_the_worker(county: County, pictures: Path, number: str) -> None:
    with county.window("worker", path="/grid") as window:
        card = card_of(window, number)
        window.screenshot(path=pictures / "journey-2-worker.png", full_page=True)
        tapped(window, card, "接单")
        expect(window.locator("#orders .card", has_text=number).get_by_text("办结", exact=True)).to_be_visible(
            timeout=SOON_MS
        )


def _asked_for_by_the_desk(county: County, pictures: Path, number: str) -> None:
    with county.window("desk", path="/desk") as window:
        card = card_of(window, number)
        window.screenshot(path=pictures / "journey-3-desk.png")
        tapped(window, card, "请求吹哨", {"reason": "自来水主管道，需水务局处理"})


def _whistled_by_the_town(county: County, number: str) -> None:
    with county.window("town", path="/town") as window:
        card = card_of(window, number)
        tapped(window, card, "吹哨", {"units.0.unit": UNIT}, {"kind": "ordinary", "units.0.part": "lead"})


def _answered_by_the_unit(county: County, pictures: Path, number: str) -> None:
    with county.window("liaison", path="/unit") as window:
        card = card_of(window, number)
        window.screenshot(path=pictures / "journey-4-liaison.png")
        tapped(window, card, "报到")
        window.goto("/unit")
        tapped(window, card_of(window, number), "办结", {"measures": "更换水管，清除路面结冰"}, {"resolved": "true"})


def _replied_by_the_desk(county: County, number: str) -> None:
    with county.window("desk", path="/desk") as window:
        tapped(window, card_of(window, number), "反馈", {"text": "水管已更换，路面已清理。"})


def _rated_by_the_resident(county: County, pictures: Path, number: str) -> None:
    with county.window(path="/") as window:
        window.fill("#number", number)
        window.click(".track button")
        seen(window, window.locator(".timeline", has_text="反馈"))
        window.screenshot(path=pictures / "journey-5-track.png", full_page=True)
        window.goto(f"/forms/case.rated?subject=case/{number}&by=resident")
        window.select_option("select[name=reached]", "true")
        for name, value in (("contacted", "true"), ("resolved", "true"), ("satisfaction", "satisfied")):
            window.locator(f"select[name={name}]").evaluate("one => one.closest('details')?.setAttribute('open', '')")
            window.select_option(f"select[name={name}]", value)
        sent(window)
        window.goto(f"/entities/case/{number}")
        seen(window, window.locator(".timeline", has_text="评价"))


def _seen_on_the_wall(county: County, pictures: Path) -> None:
    size = {"width": 1366, "height": 768}
    with county.window(path="/wall", size=size) as window:
        expect(window.locator("[data-panel]").first).to_be_visible(timeout=SOON_MS)
        window.wait_for_timeout(2_000)  # what the panels draw once they have come
        window.screenshot(path=pictures / "journey-6-wall.png")


def _figures(county: County) -> tuple[str, str]:
    """The grid's load and the unit's score, as the pages show them."""
    with county.window("auditor", path=f"/open/grids?place={GRID}&level=grid") as window:
        load = window.locator("main table").first.inner_text()
    with county.window("auditor", path=f"/open/units?unit={UNIT}") as window:
        score = window.locator("main table").first.inner_text()
    return load, score


def card_of(window: Page, number: str) -> Locator:
    """The card of a matter, as soon as the page has it."""
    card = window.locator(".cards .card", has_text=number).first
    seen(window, card)
    return card


def seen(window: Page, wanted: Locator) -> None:
    """Reloads until it is there."""
    for _ in range(80):
        if wanted.first.is_visible():
            return
        window.wait_for_timeout(500)
        window.reload()
    expect(wanted.first).to_be_visible()


def filled(window: Page, values: Mapping[str, str], choices: Mapping[str, str] | None = None) -> None:
    """Types into inputs by their names, and chooses."""
    for name, value in values.items():
        window.fill(f"[name='{name}']", value)
    for name, value in (choices or {}).items():
        window.select_option(f"select[name='{name}']", value)


def sent(window: Page) -> None:
    """Sends the form that is open, and sees its receipt."""
    window.click(".send button")
    expect(window.locator("[data-received]").first).to_be_visible(timeout=SOON_MS)


def tapped(
    window: Page, card: Locator, words: str, values: Mapping[str, str] | None = None,
    choices: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """What is offered on a card: confirmed where nothing is to be filled in, else its form filled in and sent."""
    exactly = re.compile(rf"^\s*{words}\s*$")
    card.locator("summary, a.button").filter(has_text=exactly).first.click()
    confirm = card.locator("details[open] form button")
    if confirm.count():
        confirm.first.click()
        expect(window.locator("[data-received]").first).to_be_visible(timeout=SOON_MS)
        return
    expect(window.locator("section.form")).to_be_visible(timeout=SOON_MS)
    filled(window, values or {}, choices)
    sent(window)


def photo() -> bytes:
    """A picture with metadata that says where it was taken."""
    image = Image.new("RGB", (640, 480), (90, 120, 160))
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif)
    return written.getvalue()
