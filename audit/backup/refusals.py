"""Why a backup is not written or restored."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import ShanzhiError, StoreUnsound, VaultLocked


class BackupRefused(ShanzhiError):
    """A file that can't be written to or read from."""

    exit_code = 2


def backup_damaged(what: str) -> StoreUnsound:
    """The error for a file that is not what was written."""
    return StoreUnsound(
        f"备份已损坏 · the backup is damaged: {what}",
        "未改动数据库；请换另一份副本 · The database is as it was; take another copy of the file.",
    )


def other_master_key(made_at: str) -> VaultLocked:
    """The error for a backup under a master key that was not given."""
    return VaultLocked(
        f"主密钥与备份（{made_at}）不符 · the backup of {made_at} was written under another master key",
        "请给出当时的主密钥：SHANZHI_MASTER_KEY 或 SHANZHI_MASTER_KEY_BEFORE · Give the master key of that time, as "
        "either of them; after a rotation a backup still needs the key that it was written under.",
    )


def no_file(path: Path, failure: OSError) -> BackupRefused:
    """The error for a file that the system does not give."""
    return BackupRefused(
        f"{path}: {failure.strerror}",
        "检查路径与权限；写备份请用新文件名 · Check path and rights; a backup is written to a name that is free.",
    )
