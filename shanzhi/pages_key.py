"""The key that forms publish with: given, or made once in the folder for a publisher of its own, `pages`."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from ledger.errors import VaultLocked
from ledger.injected_time import time_of
from ledger.parties import Parties, Party
from ledger.publishers import Register
from readers.accounts.told_by import TOLD_BY
from readers.publishing import SOURCE
from shanzhi.announcing import announce
from shanzhi.settings import Settings

PAGES_KEY = "SHANZHI_PAGES_KEY"
_FAMILIES = {f"{type_.partition('.')[0]}.*" for type_ in TOLD_BY}
_CORRECTIONS = {type_ for type_ in TOLD_BY if type_.endswith((".corrected", ".voided"))}
TYPES = tuple(sorted(_FAMILIES | _CORRECTIONS))
"""All that forms tell; corrections by their names, since they are of what other sources said too."""
PAGES = Party("pages", "页面 · the pages of shanzhi", (SOURCE,), TYPES, rate_per_second=200)
_BY = "unit/system"
HOW_TO_MAKE = "shanzhi publisher pages --key-only"


def pages_key(settings: Settings, database_url: str) -> str:
    """The given key, else the folder's; where that is nobody's any more the publisher gets a new one.

    Raises `VaultLocked` for a given database without a key, `OutcomeUnknown` where PostgreSQL is away.
    """
    if settings.pages_key:
        return settings.pages_key.get_secret_value()
    if settings.given_database:
        raise VaultLocked(
            f"给出了 DATABASE_URL，没有给出 {PAGES_KEY} · DATABASE_URL is given, {PAGES_KEY} is not",
            f"登记页面为发布方并填入密钥 · Register the pages as a publisher, and give its key: {HOW_TO_MAKE}",
        )
    path = settings.folder / "pages.key"
    key = path.read_text(encoding="ascii").strip() if path.exists() else ""
    if not _is_valid(database_url, key):
        key = _made(settings, database_url)
        _keep(path, key)
    return key


def _is_valid(database_url: str, key: str) -> bool:
    with closing(Parties(database_url)) as parties:
        party = parties.of_key(key) if key else None
    return party is not None and party.id == PAGES.id


def _made(settings: Settings, database_url: str) -> str:
    """A new key; where Kafka is away, the next command of the register tells the ledger of the publisher."""
    with closing(Register(database_url)) as register:
        if any(one.party.id == PAGES.id for one in register.listed()):
            return register.rotate(PAGES.id)
        key = register.add(PAGES, _BY, time_of(database_url).now())
        announce(register, settings)
        return key


def _keep(path: Path, key: str) -> None:
    """For its owner alone, in one step."""
    attempt = path.with_name(f"{path.name}.{os.getpid()}")
    attempt.unlink(missing_ok=True)
    with os.fdopen(os.open(attempt, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as stream:
        stream.write(f"{key}\n")
    attempt.replace(path)
