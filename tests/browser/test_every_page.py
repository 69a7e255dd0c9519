"""Every page in a real browser: nothing from elsewhere, no complaint, nothing that keeps anybody out, nothing cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.county import COMMUNITY, ESTATE, PHONE, UNIT, County

AXE = Path(__file__).parents[2] / "readers" / "web" / "node_modules" / "axe-core" / "axe.min.js"
WALLS = {"1366": {"width": 1366, "height": 768}, "1920": {"width": 1920, "height": 1080}}
PAGES: list[tuple[str | None, str]] = [
    (None, "/"),
    (None, "/login"),
    (None, "/lookup"),
    (None, "/forms/case.discovered"),
    (None, "/forms/wish.made"),
    (None, f"/wall/{COMMUNITY}"),
    (None, f"/wall/{ESTATE}"),
    (None, f"/bulletin/{COMMUNITY}/2024-05"),
    (None, f"/bulletin/{UNIT}/2024-05"),
    (None, "/open/funnel"),
    ("worker", "/grid"),
    ("worker", "/grid/entry"),
    ("liaison", "/unit"),
    ("member", "/member"),
    ("estate", "/estate"),
    ("desk", "/desk"),
    ("desk", f"/entities/{COMMUNITY}"),
    ("town", "/town"),
    ("town", "/forms/case.whistled"),
    ("leader", "/leader"),
    ("auditor", "/audit"),
    ("administrator", "/register"),
    ("administrator", "/password"),
]
WIDEST_TICKET = """() => Math.max(...[...document.querySelectorAll(".tickets .n")].map(number => {
    number.textContent = "99,999";
    return number.getBoundingClientRect().width / number.parentElement.getBoundingClientRect().width;
}))"""
"""How much of its column the widest of the five numbers takes, each with five digits."""


@pytest.mark.parametrize(("who", "path"), PAGES, ids=[f"{who or 'resident'} {path}" for who, path in PAGES])
def test_a_page_keeps_nobody_out_and_fits_a_phone(county: County, who: str | None, path: str) -> None:
    with county.window(who, path=path) as window:
        expect(window.locator("main, .screen").first).to_be_visible()
        assert barriers(window) == []
        assert window.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "something is cut, or scrolls"


@pytest.mark.parametrize("width", WALLS)
def test_the_wall_fills_its_screen_and_nothing_is_cut(county: County, pictures: Path, width: str) -> None:
    size = WALLS[width]
    with county.window(path="/wall", size=size) as window:
        expect(window.locator("[data-waiting]:visible")).to_have_count(0, timeout=90_000)
        window.screenshot(path=pictures / f"wall-{width}.png")
        assert barriers(window) == []
        assert window.evaluate("document.documentElement.scrollHeight") <= size["height"]
        assert window.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert window.evaluate(WIDEST_TICKET) <= 1, "the five numbers of a busy county run into each other"


def barriers(window: Page) -> list[Any]:
    """What axe finds serious or critical."""
    window.evaluate(AXE.read_text(encoding="utf-8"))
    found = window.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
