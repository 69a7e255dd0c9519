"""A zip whose bytes depend on its content alone: fixed times and modes, one order, one compression."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_MODE = 0o100644 << 16


class Zipped:
    """Adds files to a new zip, each with its digest noted; used as a context manager."""

    def __init__(self, path: Path, folder: str) -> None:
        self._zip = zipfile.ZipFile(path, "w")
        self._folder = folder
        self.files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Zipped:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._zip.close()

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """Writes a file piece by piece."""
        entry = zipfile.ZipInfo(f"{self._folder}/{name}", _TIME)
        entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _MODE, 3
        digest, size = sha256(), 0
        with self._zip.open(entry, "w") as file:
            for part in parts:
                file.write(part)
                digest.update(part)
                size += len(part)
        self.files[name] = {"sha256": digest.hexdigest(), "bytes": size}

    def add_json(self, name: str, value: Any) -> None:
        """Writes a value as readable JSON, members sorted."""
        packed = msgspec.json.encode(value, order="deterministic")
        self.add(name, [msgspec.json.format(packed, indent=1), b"\n"])
