"""Where an export goes: one file with a speaking name, there as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from audit.alone import alone
from audit.bulk.crew import written
from audit.bulk.events import Selection
from audit.bulk.parquet import write_parquet
from audit.bulk.piece import Given, Piece
from audit.bulk.spreadsheet import write_csv
from audit.bulk.standing import Cut, read_cut, standing
from ledger.errors import ShanzhiError

PIECE_RECORDS = 25_000
ALONE_RECORDS = 50_000  # starting processes takes longer than reading so many
PROCESSES = 2
WRITERS: dict[str, Callable[[Path, Iterable[bytes]], None]] = {"parquet": write_parquet, "csv": write_csv}
Report = Callable[[int, int], None]
"""Called with records read so far and records in all."""


class Exported(NamedTuple):
    """What was written: rows that count, rows of what was set aside, and up to where the ledger was read."""

    events: int
    quarantined: int
    cut: dict[int, int]


class ExportRefused(ShanzhiError):
    """What was asked for can't be written."""

    exit_code = 2


def export(
    bootstrap: str, database_url: str, selection: Selection, format_: str, folder: Path, report: Report
) -> tuple[Path, Exported]:
    """Writes a selection into a new file of the folder; one of the same name is replaced once it is complete.

    Raises `QuestionRefused`, `ExportRefused`, `OutcomeUnknown`, `LedgerUnsound`, `StoreUnsound`.
    """
    selection.assert_sensible()
    cut = read_cut(database_url)
    period = selection.period
    first, last = (period.first, period.last) if period else (None, None)
    given = Given(bootstrap, format_, first, last, selection.type, selection.with_quarantine)
    total, counted = sum(cut.next.values()), [0, 0, 0]

    def contents() -> Iterator[bytes]:
        for one in written(given, _pieces(database_url, cut), 1 if total <= ALONE_RECORDS else PROCESSES):
            for index, count in enumerate((one.records, one.events, one.quarantined)):
                counted[index] += count
            report(counted[0], total)
            yield one.content

    path = folder / f"{_name(selection)}.{format_}"
    with whole(path) as unfinished:
        WRITERS[format_](unfinished, contents())
    return path, Exported(counted[1], counted[2], dict(cut.next))


def _pieces(database_url: str, cut: Cut) -> Iterator[Piece]:
    """The ledger up to the cut, partition after partition."""
    for partition, until in sorted(cut.next.items()):
        stands = standing(database_url, partition, until)
        for first in range(0, until, PIECE_RECORDS):
            end = min(first + PIECE_RECORDS, until)
            reasons = {offset: reason for offset, reason in stands.reasons.items() if first <= offset < end}
            yield Piece(partition, first, end, bytes(stands.what[first:end]), reasons)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name beside the file's, which gets the file's own at the end; what a killed run left is written over.

    Raises `ExportRefused` where the folder can't be written to or a library is missing, `AlreadyWritten`.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(unfinished):
            try:
                yield unfinished
                with unfinished.open("rb") as file:
                    os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ExportRefused(
            f"写不了 {path} · it can't be written ({error.strerror})",
            "换一个文件夹，或腾出空间 · Choose another folder (--to), or free some space.",
        ) from error
    except ModuleNotFoundError as error:
        raise ExportRefused(
            f"缺少 {error.name} · {error.name} is not installed", "安装 · Install it: pip install 'shanzhi[export]'"
        ) from error


def _name(selection: Selection) -> str:
    period = selection.period
    days = "all" if period is None else f"{period.first}..{period.last}"
    return "-".join(part for part in ("ledger", days, selection.type) if part)
