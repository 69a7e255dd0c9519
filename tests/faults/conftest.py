"""One stack for all tests of a module; ledger and database are made anew for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shanzhi.stack import Stack
from tests.faults.scene import Scene


@pytest.fixture(scope="module")
def shared_scene(module_stack: Stack) -> Scene:
    return Scene(module_stack)


@pytest.fixture
def scene(shared_scene: Scene) -> Iterator[Scene]:
    if shared_scene.started:
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
