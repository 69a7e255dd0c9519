"""A real Chromium on the pages of a county that runs: one of each for all browser tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.county import County, founded
from tests.door import Door, opened

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def door(session_folder: Path) -> Iterator[Door]:
    """Every process of `up`."""
    with opened(Path(tempfile.mkdtemp(prefix="browser-", dir=session_folder)), is_tended=True) as door:
        yield door


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. A missing one is a failure that says how it is brought: `make browser`."""
    path = chromium.path()
    assert path, "no Chromium: run `make browser`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def county(door: Door, browser: Browser) -> County:
    """A small county, with a login for each role."""
    return founded(door, browser)


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept: `build/pictures`, which git does not see."""
    folder = ROOT / "build" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
