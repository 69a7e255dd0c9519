"""PostgreSQL, then Kafka, answer nothing for a while, with the wall open: it says so, keeps its figures, recovers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.county import County
from tests.soak import IS_SOAK

AWAY_MS = 20_000 if IS_SOAK else 12_000  # it says that it is stale after ten seconds
SOON_MS = 90_000
SIZE = {"width": 1366, "height": 768}


@pytest.mark.timeout(600)
def test_the_wall_says_that_it_is_stale_and_comes_back_by_itself(county: County) -> None:
    with county.window(path="/wall", size=SIZE, complains=False) as window:
        expect(window.locator("#fresh.live")).to_be_visible(timeout=SOON_MS)
        for server in ("postgres", "kafka"):
            with frozen(county.door.folder / server):
                _is_stale_and_not_blank(window)
            expect(window.locator("#fresh.live")).to_be_visible(timeout=SOON_MS)
            expect(window.locator("#screen.stale")).to_have_count(0)


def _is_stale_and_not_blank(window: Page) -> None:
    figures = window.locator("[data-panel=today]").inner_text()
    expect(window.locator("#screen.stale")).to_be_visible(timeout=SOON_MS)
    window.wait_for_timeout(AWAY_MS)
    assert window.locator("[data-panel=today]").inner_text() == figures


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """All processes of a server stand still."""
    processes = [one for one in psutil.process_iter() if _is_of(one, folder)]
    assert processes
    try:
        for one in processes:
            one.send_signal(signal.SIGSTOP)
        yield
    finally:
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGCONT)


def _is_of(process: psutil.Process, folder: Path) -> bool:
    try:
        return str(folder) in " ".join(process.cmdline()) or Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False
