"""The file of seals: one line of JSON each, only ever appended to, on a disk that is not the database's.

Whoever can rewrite the database can't rewrite this; whoever has a copy of it can tell.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from audit.seals import Seal, parse_seal
from ledger.errors import OutcomeUnknown, StoreUnsound

_TAIL_BYTES = 64 * 1024  # a seal has less than 2 KiB
LINE_BYTES = 16 * 1024


class SealFile:
    """Where seals are appended. Of several processes one writes at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def seals(self) -> Iterator[Seal]:
        """All seals in their order, nothing where there is no file yet.

        Raises `StoreUnsound` where a line is none, `OutcomeUnknown` where the file can't be read.
        """
        with self._answering():
            if not self.path.exists():
                return
            with self.path.open("rb") as stream:
                number = 0
                while line := stream.readline(LINE_BYTES):
                    if not line.endswith(b"\n") and len(line) < LINE_BYTES:
                        return  # torn by a crash: the next append replaces it
                    number += 1
                    yield self._parsed(line, number)

    def last(self) -> Seal | None:
        """The newest seal, None where there is none. Raises as `seals`."""
        with self._answering():
            if not self.path.exists():
                return None
            with self.path.open("rb") as stream:
                lines = _tail(stream)[1].rpartition(b"\n")[0].splitlines()
        return self._parsed(lines[-1], None) if lines else None

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """Holds the file for one writer. Raises as `seals`."""
        with self._answering():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
            is_new = not self.path.exists()
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                if is_new:
                    _settle(self.path.parent)
                yield Appending(self, stream)

    def _parsed(self, line: bytes, number: int | None) -> Seal:
        """`number` is the line's, None for the last one."""
        seal = parse_seal(line)
        if seal is None:
            which = f"第 {number} 行不是封印 · line {number}" if number else "末行不是封印 · the last line"
            raise StoreUnsound(
                f"{self.path}：{which} is no seal",
                "用保存的副本替换该文件 · Put a copy in its place that was kept elsewhere.",
            )
        return seal

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutcomeUnknown(
                "封印文件无法读写 · the file of seals can't be read or written",
                "检查 SHANZHI_SEAL_FILE 所指的位置 · Look at where SHANZHI_SEAL_FILE points.",
                f"{type(error).__name__}: {error.strerror}",
            ) from error


class Appending:
    """The file, held by its one writer; a torn last line was cut off."""

    def __init__(self, file: SealFile, stream: BinaryIO) -> None:
        self._file, self._stream = file, stream
        self._first, tail = _tail(stream)
        whole = tail.rpartition(b"\n")[0]
        self._end = self._first + (len(whole) + 1 if b"\n" in tail else 0)
        lines = whole.splitlines()
        self.last = file._parsed(lines[-1], None) if lines else None

    def add(self, seals: Iterable[Seal]) -> None:
        """Appends and waits until the disk has it."""
        self._stream.truncate(self._end)
        self._stream.seek(self._end)
        for seal in seals:
            self._stream.write(seal.line.encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())


def _tail(stream: BinaryIO) -> tuple[int, bytes]:
    """Where it begins, and what the last seals are in."""
    first = max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES)
    stream.seek(first)
    return first, stream.read()


def _settle(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
