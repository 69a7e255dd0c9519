"""The master key: from the environment, or made once beside the embedded database, for its owner alone."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

from ledger.errors import VaultLocked
from ledger.sealing import KEY_BYTES
from ledger.vault import parse_master_key
from shanzhi.settings import Settings

HOW_TO_MAKE = "python -c 'import base64,os;print(base64.urlsafe_b64encode(os.urandom(64)).decode())'"


def master_key(settings: Settings) -> bytes:
    """The given one, else the folder's, made where a new folder has none.

    Raises `VaultLocked` for a given database without a key, and for a folder that has lost its own: a new key
    would not open what is sealed already.
    """
    if settings.master_key:
        return parse_master_key(settings.master_key.get_secret_value())
    if settings.given_database:
        raise VaultLocked(
            "DATABASE_URL is given, SHANZHI_MASTER_KEY is not",
            f"Give the key that this database was used with; for a new one make it: {HOW_TO_MAKE}",
        )
    path = settings.folder / "master.key"
    if not path.exists():
        if (settings.folder / "postgres" / "data").exists():
            raise VaultLocked(
                f"{path} is missing, and the database beside it may hold what was sealed with it",
                "Put it back from a copy, or give SHANZHI_MASTER_KEY; "
                f"where nothing was ever published, delete {settings.folder} and start anew.",
            )
        _make(path)
    try:
        return parse_master_key(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as failure:
        remedy = "Run this as the user who started it first."
        raise VaultLocked(f"{path} can't be read ({failure})", remedy) from failure


def _make(path: Path) -> None:
    """In one step: two that start at once end with the same key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    attempt = path.with_name(f"master.key.{os.getpid()}")
    attempt.unlink(missing_ok=True)
    with os.fdopen(os.open(attempt, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        stream.write(urlsafe_b64encode(os.urandom(KEY_BYTES)) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(attempt, path)
    attempt.unlink()
