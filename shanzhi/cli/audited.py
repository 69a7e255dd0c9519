"""What commands do, for the log of access: written before it is done, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from getpass import getuser
from typing import Any

from ledger import access_log
from ledger.access_log import What
from ledger.unsealing import Keep
from projections.store.connection import as_owner


def tell(database_url: str, what: What, about: str | None = None, by: str = "", **details: Any) -> None:
    """A line of the log. Who is not named is the user of the system, as `os/…`."""
    with as_owner():
        access_log.tell(database_url, what, by or f"os/{getuser()}", about, details)


def keeping(database_url: str, about: str) -> Keep:
    """Puts a look at personal data into the log."""

    def keep(line: Mapping[str, Any]) -> None:
        with as_owner():
            access_log.tell(database_url, "unsealed", str(line["by"]), about, line)

    return keep
