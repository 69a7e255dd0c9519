"""Who owns a stack folder: a lock held by one living process, and what it tells the others."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from shanzhi.stack.errors import StackError

LOCK_SECONDS = 0.5  # longer than another process needs to look whether the lock is held


@dataclass(frozen=True)
class State:
    """What stack.json says; `running` counts only while the lock is held."""

    ports: dict[str, int] = field(default_factory=dict)
    running: tuple[str, ...] = ()


def hold(folder: Path) -> TextIO:
    """Takes the folder; the lock goes with the process, however that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        lock = (folder / "stack.lock").open("a+")
    except OSError as failure:
        raise StackError(f"{folder} can't be used ({failure})", "Choose a folder this user may write to.") from failure
    if not _lock_within(lock, LOCK_SECONDS):
        lock.seek(0)
        pid = lock.read().strip() or "unknown"
        lock.close()
        raise StackError(f"the stack in {folder} is already running (pid {pid})", "Use it, or stop it first.")
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _lock_within(lock: TextIO, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


def is_held(folder: Path) -> bool:
    """Whether a living process owns the folder."""
    try:
        with (folder / "stack.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def read_state(folder: Path) -> State:
    """Nothing known when there is no file or it makes no sense: ports are then chosen anew."""
    try:
        found = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
        ports = {str(name): int(port) for name, port in found["ports"].items()}
        return State(ports, tuple(found["running"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()


def write_state(folder: Path, state: State) -> None:
    """In one step, so that a reader never sees half of it."""
    unfinished = folder / "stack.json.unfinished"
    unfinished.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / "stack.json")
