"""A disk that is full: all of PostgreSQL's where we may mount one, else the one of a table that is still empty."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.faults.scene import Scene

FREE_BYTES = 24 * 1024 * 1024  # one segment of the write-ahead log, and a little
_PIECE = bytes(64 * 1024)


class Disk(NamedTuple):
    """What fills it, and what makes room again; PostgreSQL may have ended by then, and is to be started."""

    fill: Callable[[], None]
    make_room: Callable[[], None]


def may_mount(folder: Path) -> bool:
    """Whether this user may mount a file system of a size that we choose."""
    target = folder / "mount"
    target.mkdir()
    try:
        if _mounted(target, 1024 * 1024):
            subprocess.run(["umount", str(target)], check=True)
            return True
        return False
    finally:
        target.rmdir()


@contextmanager
def small_disk(scene: Scene) -> Iterator[Disk]:
    """PostgreSQL goes on with a copy of all its data, log and all, on a small disk. Afterwards it has what it had
    before, and does not run."""
    server = scene.stack.postgres
    data, filler = server.folder / "data", server.folder / "data" / "filler"
    server.kill()
    kept = server.folder / "data.kept"
    data.rename(kept)
    data.mkdir()
    bytes_kept = sum(path.lstat().st_size for path in kept.rglob("*") if path.is_file())
    assert _mounted(data, bytes_kept + FREE_BYTES)
    try:
        subprocess.run(["cp", "-a", f"{kept}/.", str(data)], check=True)
        server.start()
        yield Disk(lambda: _fill(filler), filler.unlink)
    finally:
        server.kill()
        subprocess.run(["umount", str(data)], check=True)
        data.rmdir()
        kept.rename(data)


@contextmanager
def small_table(scene: Scene, table: str) -> Iterator[Disk]:
    """The same for one table alone, which is empty so far: its file becomes a device that has no room."""
    server = scene.stack.postgres
    ((path, rows),) = scene.query(f"select pg_relation_filepath(%s), (select count(*) from {table})", table)
    assert not rows
    file = server.folder / "data" / path
    kept = file.with_name(f"{file.name}.kept")

    def fill() -> None:
        server.kill()
        file.rename(kept)
        file.symlink_to("/dev/full")
        server.start()

    def make_room() -> None:
        server.kill()
        kept.replace(file)

    yield Disk(fill, make_room)


def _mounted(target: Path, size_bytes: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(target)]
    return shutil.which("mount") is not None and not subprocess.run(command, capture_output=True).returncode


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                os.write(file.fileno(), _PIECE)
            except OSError as error:
                assert error.errno == errno.ENOSPC
                return
