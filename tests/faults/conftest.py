"""One stack for all tests; ledger and database are made anew for each, and what it killed is started again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shanzhi.stack import Stack
from tests.faults.scene import Scene


@pytest.fixture(scope="session")
def shared_scene(stack: Stack) -> Scene:
    return Scene(stack)


@pytest.fixture
def scene(shared_scene: Scene) -> Iterator[Scene]:
    shared_scene.clear()  # before the first test too: tests of other folders may have used the stack
    yield shared_scene
    shared_scene.end_workers()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line whether or not output is captured: times that somebody may want to compare."""

    def printed(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="", flush=True)

    return printed
