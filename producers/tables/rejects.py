"""The rows that were not imported, as a CSV that a spreadsheet opens: row, column, value, reason, code."""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from producers.tables.refusals import RowRefused, TableRefused

_HEAD = ("行 row", "列 column", "值 value", "原因 reason", "代码 code")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


class Rejects:
    """Writes the file with the first row that goes into it; one of before is gone, so make it once all else is sound.
    Close it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file: IO[str] | None = None
        with suppress(OSError):
            path.unlink()

    def add(self, refused: RowRefused) -> None:
        """One more row. Raises `TableRefused` where the file can't be written."""
        try:
            if self._file is None:
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # rows are of people
                self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
                csv.writer(self._file).writerow(_HEAD)
            reason = f"{refused.chinese} · {refused.english}"
            cells = (str(refused.row), refused.column, refused.value, reason, refused.code)
            csv.writer(self._file).writerow([_harmless(cell) for cell in cells])
        except OSError as failure:
            what = f"{self.path} 无法写入 · can't be written ({failure.strerror})"
            raise TableRefused(what, "用 --rejects 指定别处 · Give another place by --rejects.") from None
        self.rows += 1

    def close(self) -> None:
        """Ends the file."""
        if self._file is not None:
            self._file.close()


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = text.encode(errors="replace").decode()
    return "'" + text if text.startswith(_ACTIVE) else text
