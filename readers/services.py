"""What the readers work with; the composition root makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ledger.sealing import ExistingKeys
from readers.accounts.accounts import Accounts
from readers.publishing import Gateway
from readers.tables import Tables


@dataclass(frozen=True)
class Services:
    """`now` is the county's time (the injected one where there is one). `keys` open sealed fields for roles that may;
    `kafka_bootstrap` is where records are read again for timelines, explanations and packs."""

    tables: Tables
    gateway: Gateway
    accounts: Accounts
    keys: ExistingKeys
    kafka_bootstrap: str
    database_url: str
    now: Callable[[], datetime]
