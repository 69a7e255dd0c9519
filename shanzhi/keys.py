"""The master key: from the environment, or made once beside the embedded database, for its owner alone.

A rotation keeps the old key beside the new one until no data key needs it: as `SHANZHI_MASTER_KEY_BEFORE`, or as the
folder's `master.key.before`. Every step on the folder is one that a crash can't halve, and may be done again.
"""

from __future__ import annotations

import fcntl
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.errors import VaultLocked
from ledger.sealing import KEY_BYTES
from ledger.vault import Vault, parse_master_key
from shanzhi.errors import SettingsRefused
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
    path = _key_file(settings)
    if not path.exists():
        if (settings.folder / "postgres" / "data").exists():
            raise VaultLocked(
                f"{path} is missing, and the database beside it may hold what was sealed with it",
                "Put it back from a copy, or give SHANZHI_MASTER_KEY; "
                f"where nothing was ever published, delete {settings.folder} and start anew.",
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        make_key_file(path, KEY_BYTES)
    return _read(path)


def master_key_before(settings: Settings) -> bytes | None:
    """The master key of before a rotation that has not ended, None where there is none. Raises `VaultLocked`."""
    if settings.master_key_before:
        return parse_master_key(settings.master_key_before.get_secret_value(), "SHANZHI_MASTER_KEY_BEFORE")
    path = _before_file(settings)
    is_folders = not settings.master_key and not settings.given_database
    return _read(path) if is_folders and path.exists() else None


def vault_of(settings: Settings, database_url: str) -> Vault:
    """The vault, opened with every key that there is. Raises `VaultLocked` as `master_key`."""
    while True:
        key, before = master_key(settings), master_key_before(settings)
        if master_key(settings) == key:  # else a rotation put another one in its place meanwhile
            return Vault(database_url, key, before)


@contextmanager
def rotating(settings: Settings) -> Iterator[tuple[bytes, bytes]]:
    """The new master key and the old one; a folder's old one is deleted once the block has ended without an error.

    Given keys are taken as they are. Raises `SettingsRefused` where the old one is not given, or another rotation of
    the folder is at work.
    """
    if settings.master_key or settings.given_database:
        new, old = master_key(settings), master_key_before(settings)
        if old is None or old == new:
            raise SettingsRefused(
                "SHANZHI_MASTER_KEY_BEFORE 未给出 · rotation needs both keys, the old one is not given",
                "请把新密钥填入 SHANZHI_MASTER_KEY，旧密钥填入 SHANZHI_MASTER_KEY_BEFORE · Give the new key and the "
                f"old one so; make a new one: {HOW_TO_MAKE}",
            )
        yield new, old
        return
    with _alone(settings.folder):
        yield _exchanged(settings)
        _before_file(settings).unlink()
        _settle(settings.folder)


def _exchanged(settings: Settings) -> tuple[bytes, bytes]:
    """The folder's new key and its old one: made, or found where a rotation was cut off."""
    path, before = _key_file(settings), _before_file(settings)
    old = master_key(settings)
    if not before.exists():
        os.link(path, before)
        _settle(settings.folder)
    if _read(before) == old:  # the new one is not in its place yet: one that was made already wraps nothing
        following = path.with_name("master.key.next")
        following.unlink(missing_ok=True)
        make_key_file(following, KEY_BYTES)
        following.replace(path)
        _settle(settings.folder)
    return _read(path), _read(before)


def _key_file(settings: Settings) -> Path:
    return settings.folder / "master.key"


def _before_file(settings: Settings) -> Path:
    return settings.folder / "master.key.before"


def _read(path: Path) -> bytes:
    try:
        return parse_master_key(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as failure:
        remedy = "Run this as the user who started it first."
        raise VaultLocked(f"{path} can't be read ({failure})", remedy) from failure


def make_key_file(path: Path, size_bytes: int) -> None:
    """A random key for its owner alone, in one step: two that start at once end with the same key."""
    attempt = path.with_name(f"{path.name}.{os.getpid()}")
    attempt.unlink(missing_ok=True)
    with os.fdopen(os.open(attempt, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        stream.write(urlsafe_b64encode(os.urandom(size_bytes)) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(attempt, path)
    attempt.unlink()


def _settle(folder: Path) -> None:
    """What was linked, renamed or deleted in the folder survives a power loss from here on."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsRefused(
                f"另一个轮换正在进行 · another rotation of {folder} is at work",
                "请等它结束 · Wait until it has ended.",
            ) from None
        yield
    finally:
        os.close(opened)
