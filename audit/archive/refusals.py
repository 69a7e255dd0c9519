"""Why an archive is not written or restored."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import LedgerUnsound, ShanzhiError


class ArchiveRefused(ShanzhiError):
    """A folder that can't be written to or restored from."""

    exit_code = 2


def archive_altered(folder: Path, what: str) -> LedgerUnsound:
    """The error for an archive that is not what was written."""
    return LedgerUnsound(
        f"归档 {folder} 被改动 · the archive was altered: {what}",
        "请改用另一份副本；shanzhi archive check 列出不符之处 · Take another copy; that command lists what differs.",
    )
