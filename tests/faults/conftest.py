"""One stack for all tests; ledger and database are made anew for each, and what it killed is started again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery
from tests.faults.scene import ROOT, Scene, environment
from tests.faults.servers import Servers
from tests.faults.tally import TALLY
from tests.soak import IS_SOAK


@pytest.fixture(scope="session")
def shared_scene(session_folder: Path) -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=session_folder))
    with Servers(folder) as servers, nullcontext() if IS_SOAK else Nursery(environment(), ROOT) as nursery:
        scene = Scene(servers, nursery)
        yield scene
        scene.close()


@pytest.fixture
def scene(shared_scene: Scene) -> Iterator[Scene]:
    TALLY.begin()
    shared_scene.clear()
    yield shared_scene
    shared_scene.end_workers()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line whether or not output is captured: times that somebody may want to compare."""

    def printed(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="", flush=True)

    return printed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for every kind of fault, the last one the sum."""
    lines = list(TALLY.lines())
    if lines:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))
