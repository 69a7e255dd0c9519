"""A gateway as a process on a scene, always at the same address, and publishers who are registered there."""

from __future__ import annotations

import os
import signal
import sys
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from ledger.parties import Party
from ledger.publishers import Register
from projections.store.migrate import migrate
from shanzhi.stack import Endpoints
from shanzhi.stack.child import Child
from shanzhi.stack.ports import HOST, free_port
from tests.faults.scene import ROOT, Scene
from tests.faults.wait import PATIENCE_SECONDS, wait_until

MASTER_KEY = urlsafe_b64encode(bytes(range(64))).decode()
_ESTABLISHED = "01"  # as Linux writes it


class Gateway(Child):
    """`shanzhi gateway` on servers."""

    def __init__(self, endpoints: Endpoints, port: int, log: Path) -> None:
        given = {
            "KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
            "DATABASE_URL": endpoints.database_url,
            "SHANZHI_MASTER_KEY": MASTER_KEY,
            "SHANZHI_GATEWAY_PORT": str(port),
            "SHANZHI_LOG_FORMAT": "json",
            "PYTHONPATH": str(ROOT),
        }
        self.url = f"http://{HOST}:{port}"
        command = [sys.executable, "-m", "shanzhi", "gateway"]
        super().__init__(command, log, signal.SIGTERM, given={**os.environ, **given}, folder=ROOT)

    @property
    def unread_bytes(self) -> int:
        """What its clients sent and it has not read yet, or what the system has not handed over."""
        port = int(self.url.rpartition(":")[2])
        rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        ours = [row for row in rows if row[1].endswith(f":{port:04X}") and row[3] == _ESTABLISHED]
        return sum(int(row[4].partition(":")[2], 16) for row in ours)

    @property
    def is_closed(self) -> bool:
        """Whether nobody is let in any more."""
        return self.asked("/livez") is None

    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        return self.asked("/readyz") == 200

    def asked(self, path: str) -> int | None:
        """The status of an answer to GET; None where there is none."""
        try:
            return httpx.get(self.url + path, timeout=20).status_code
        except httpx.TransportError:
            return None

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


class Entrance:
    """The scene's front door: one gateway after another, one address."""

    def __init__(self, scene: Scene, endpoints: Endpoints | None = None) -> None:
        self._scene, self._endpoints = scene, endpoints or scene.endpoints
        self._port = free_port()
        self._started = 0
        migrate(scene.url)
        self.gateway = self._start()

    @property
    def url(self) -> str:
        """Where publishers send."""
        return self.gateway.url

    def start_again(self) -> None:
        """Another gateway, where the one before has ended."""
        assert not self.gateway.is_running()
        self.gateway = self._start()

    @property
    def port(self) -> int:
        """The same for each gateway."""
        return self._port

    def opens(self, seconds: float = PATIENCE_SECONDS) -> float:
        """Waits until it is ready; how many seconds that took."""
        return wait_until(self.gateway.is_ready, self.gateway.tail, seconds)

    def register(self, name: str, **granted: Any) -> str:
        """A publisher whose source is `urn:NAME`; the key."""
        return Register(self._scene.url).add(Party(name, name, (f"urn:{name}",), **granted), "unit/tests", _now())

    def close(self) -> None:
        """Kills what a test left."""
        self.gateway.send(signal.SIGKILL)
        self.gateway.ends_within(5)

    def _start(self) -> Gateway:
        self._started += 1
        return Gateway(self._endpoints, self._port, self._scene.stack.folder / "logs" / f"door-{self._log}.log")

    @property
    def _log(self) -> str:
        return f"{self._port}-{self._started}"


def freeze(pid: int | None, number: signal.Signals = signal.SIGSTOP) -> None:
    """Stops (or goes on with) a process and all that it started."""
    assert pid is not None
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a session of PostgreSQL's may just have ended
            process.send_signal(number)


def thaw(pid: int | None) -> None:
    """Goes on with what was frozen."""
    freeze(pid, signal.SIGCONT)


def _now() -> datetime:
    return datetime.now(UTC)
