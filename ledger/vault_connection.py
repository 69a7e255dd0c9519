"""One connection to the schema `vault` for several threads, with errors that say what became of what was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.postgres import Session


class VaultConnection:
    """Nothing is connected before the first transaction; threads wait for each other."""

    def __init__(self, database_url: str) -> None:
        self._session = Session(database_url, "shanzhi vault")
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor in a transaction of its own.

        Raises `OutcomeUnknown` where PostgreSQL is away or too busy, `StoreUnsound` where there is no vault.
        """
        with self._lock:
            try:
                with self._session.transaction() as cursor:
                    yield cursor
            except OutcomeUnknown as unknown:
                raise OutcomeUnknown(
                    f"The vault did not answer: {unknown.outside}",
                    "Nothing was published; send the events again once PostgreSQL is back.",
                    unknown.detail,
                ) from unknown
            except StoreUnsound as unsound:
                raise StoreUnsound("The database has no vault", "Migrate it first.") from unsound
