"""What all tests share: one stack for the session, a marker by folder, and nothing left behind at the end.

Every temporary folder of a session lies inside one; at the end no process may still live in it and no process
that the tests started may still run. Where the tree is ours alone (`.ci/run`), no file may have been added.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ledger.topics import ensure_ledger
from projections.store.migrate import migrate
from shanzhi.stack import Stack, broker
from tests.soak import IS_SOAK

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("unit", "contract", "integration", "faults", "browser")
NOT_OURS = {
    "build",
    ".git",
    ".venv",
    ".pytest_cache",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    "__pycache__",
    "node_modules",
}
MARK = "SHANZHI_TEST_SESSION"  # environment variable that everything started by the tests inherits
ENDING_SECONDS = 10.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by its folder and runs the quick ones first, whatever order was asked for."""
    for item in items:
        item.add_marker(_folder_of(item))
    items.sort(key=lambda item: FOLDERS.index(_folder_of(item)))


def _folder_of(item: pytest.Item) -> str:
    folder = item.path.relative_to(ROOT / "tests").parts[0]
    if folder not in FOLDERS:
        raise pytest.UsageError(f"{item.path}: tests belong into one of tests/{{{','.join(FOLDERS)}}}")
    return folder


@pytest.fixture(scope="session", autouse=True)
def session_folder() -> Iterator[Path]:
    """Holds every temporary folder of the session, short enough for the path of a socket."""
    before, files = tempfile.tempdir, _files_of_the_tree()
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-tests-"))
    folder.chmod(0o711)  # under root PostgreSQL runs as another user, who has to pass
    os.environ[MARK] = mark = uuid.uuid4().hex
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    yield folder
    tempfile.tempdir = before
    left = _wait_for_the_last(folder, mark)
    running = [_spoken(process) for process in left]
    for process in left:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
    written = sorted(_files_of_the_tree() - files) if "SHANZHI_TREE_IS_OURS" in os.environ else []
    assert (running, written) == ([], []), "processes were left running, or files in the tree"


@pytest.fixture(scope="session", autouse=True)
def _hasty_brokers() -> None:
    """A broker that lives for seconds is compiled only so far: a start costs a core 5 s instead of 8."""
    if not IS_SOAK:
        broker.JVM_OPTIONS += ("-XX:TieredStopAtLevel=1",)


@pytest.fixture(scope="session")
def stack(session_folder: Path) -> Iterator[Stack]:
    """Kafka with an empty ledger and PostgreSQL with migrated schemas, started once.

    For tests that keep to events of their own (ids, subjects) and stop no server; others take `module_stack`.
    """
    with _started(session_folder) as started:
        yield started


@pytest.fixture(scope="module")
def module_stack(session_folder: Path) -> Iterator[Stack]:
    """As `stack`, for one module alone."""
    with _started(session_folder) as started:
        yield started


@contextmanager
def _started(session_folder: Path) -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="stack-", dir=session_folder))
    with Stack(folder) as stack:
        ensure_ledger(stack.endpoints.kafka_bootstrap)
        migrate(stack.endpoints.database_url)
        yield stack
    shutil.rmtree(folder)


def _files_of_the_tree() -> set[str]:
    found = set()
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS]
        found |= {os.path.relpath(Path(folder, name), ROOT) for name in files}
    return found


def _wait_for_the_last(folder: Path, mark: str) -> list[psutil.Process]:
    deadline = time.monotonic() + ENDING_SECONDS
    while (left := _processes_of(folder, mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _processes_of(folder: Path, mark: str) -> list[psutil.Process]:
    """Our children and theirs, what works in the session's folder, what inherited its mark."""
    ours = set(psutil.Process().children(recursive=True))
    return [process for process in psutil.process_iter() if _is_left(process, process in ours, folder, mark)]


def _is_left(process: psutil.Process, is_child: bool, folder: Path, mark: str) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        command = " ".join(process.cmdline())
        if "multiprocessing.resource_tracker" in command or "multiprocessing.forkserver" in command:
            return False  # Python's own, one for the life of the test process
        works_here = str(folder) in command or str(folder) in process.cwd()
        return is_child or works_here or process.environ().get(MARK) == mark
    except psutil.Error:
        return False  # ended meanwhile, or another user's


def _spoken(process: psutil.Process) -> str:
    with process.oneshot():
        try:
            return f"{process.pid} {' '.join(process.cmdline())[:300]}"
        except psutil.Error:
            return f"{process.pid}"
