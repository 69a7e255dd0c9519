"""What the gateway works with; the composition root makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ledger.parties import Parties
from ledger.photos import PhotoStore
from ledger.protocols import Preview, Receipts, Requests, Territory
from ledger.vault import Vault
from producers.gateway.front import Front
from producers.gateway.metrics import Metrics


@dataclass(frozen=True)
class Services:
    """`ready` says why nothing can be written now, None where all is well; `remark` what to know nevertheless."""

    parties: Parties
    front: Front
    receipts: Receipts
    preview: Preview
    territory: Territory
    requests: Requests
    vault: Vault
    photos: PhotoStore
    clock: Callable[[], datetime]
    ready: Callable[[], str | None]
    metrics: Metrics
    remark: Callable[[], str | None] = lambda: None
