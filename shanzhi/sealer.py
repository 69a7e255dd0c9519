"""The sealer: of several equal processes one seals the ledger as it grows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from audit.seal_file import SealFile
from audit.sealing import Every, Sealing, is_due
from audit.seals import Seal, Signer
from ledger.injected_time import MACHINE, time_of
from processors.aside import aside
from processors.leader import Leader
from projections.store.migrate import migrate

LOCK = 7_283_025
PAUSE_SECONDS = 1.0
log = structlog.get_logger("shanzhi.sealer")


class Sealer(Leader):
    """Looks every second whether a seal is due; between two of them nothing is read or written."""

    def __init__(
        self, kafka_bootstrap: str, database_url: str, *, signer: Signer, file: SealFile, every: Every
    ) -> None:
        super().__init__("sealer", log, database_url, LOCK, PAUSE_SECONDS)
        self._sealing, self._every = Sealing(kafka_bootstrap, signer, file), every
        self._times = MACHINE
        self._unsealed = 0
        self._last: Seal | None = None
        self._made = Counter("shanzhi_seals", "Seals made", registry=self._registry)
        waiting = Gauge("shanzhi_seal_waiting", "Records that are in no seal yet", registry=self._registry)
        age = Gauge("shanzhi_seal_age_seconds", "Age of the newest seal while records wait", registry=self._registry)
        waiting.set_function(lambda: float(self._unsealed))
        age.set_function(self._age_seconds)

    async def work(self) -> int:
        """As every leader."""
        try:
            return await super().work()
        finally:
            await aside(self._sealing.close)

    def prepare(self) -> None:
        """Migrates, and asks by which time seals are made."""
        migrate(self._url)
        self._times = time_of(self._url)

    def step(self, connection: Any) -> bool:
        """Where a seal is due: adds what is new, and seals it."""
        self._unsealed, self._last = self._sealing.unsealed(connection)
        if not is_due(self._every, self._unsealed, self._last, self._times.now()):
            self._sealing.keep(connection)  # what a crash left out of the file
            return False
        grown = self._sealing.grow(connection)
        if not grown.left or grown.added >= self._every.records:
            self._told(self._sealing.seal(connection, self._times.now))
        return grown.left > 0

    def rests(self) -> None:
        """Nothing waits for this one."""
        self._unsealed, self._last = 0, None

    def _age_seconds(self) -> float:
        if self._last is None or not self._unsealed:
            return 0.0
        return (self._times.now() - datetime.fromisoformat(self._last.made_at)).total_seconds()

    def _told(self, seal: Seal | None) -> None:
        if seal is not None:
            self._made.inc()
            log.info("sealed", seal=seal.number, records=seal.records, root=seal.root)


def run(
    *,
    kafka_bootstrap: str,
    database_url: str,
    signer: Signer,
    file: SealFile,
    every: Every,
    probe_host: str = "127.0.0.1",
    probe_port: int | None = None,
) -> int:
    """Seals until SIGTERM or SIGINT; returns the exit code. Of several, one works and the others wait."""
    return Sealer(kafka_bootstrap, database_url, signer=signer, file=file, every=every).run(probe_host, probe_port)
