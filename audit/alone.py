"""One writer at a time: whoever writes a file or folder holds it, and a second one is refused instead of mixed in."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import ShanzhiError


class AlreadyWritten(ShanzhiError):
    """Somebody else is writing the same file or folder at this moment."""

    exit_code = 2


@contextmanager
def alone(path: Path, mode: int = 0o666) -> Iterator[None]:
    """Holds a folder that is there, or a file, made with this mode where there is none; a kill lets go of it.

    Raises `AlreadyWritten`, `OSError`.
    """
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    held = os.open(path, flags, mode)
    try:
        if not _is_ours(held, path):
            raise AlreadyWritten(
                f"{path} 正由另一个进程写入 · is being written by another process at this moment",
                "等它结束，或换一个地方 · Wait for its end, or choose another place.",
            )
        yield
    finally:
        os.close(held)


def _is_ours(held: int, path: Path) -> bool:
    """Whether the lock is ours, and still on what bears this name: the one before us gives its file another one."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(held), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
