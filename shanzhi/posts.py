"""Which processes work on a pair of servers, and what each of them may know."""

from __future__ import annotations

import os
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from shanzhi.errors import SettingsRefused
from shanzhi.keys import master_key, master_key_before
from shanzhi.pages_key import PAGES_KEY
from shanzhi.seal_key import SEAL_KEY, seal_key, written
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

SHANZHI = (sys.executable, "-m", "shanzhi")
_LAST_PORT = 65_535
# Never inherited: each post is given what it needs. A worker opens nothing that is sealed, so it gets no key; the
# sealer alone signs.
_KEY, _KEY_BEFORE = "SHANZHI_MASTER_KEY", "SHANZHI_MASTER_KEY_BEFORE"
_SECRET = "SHANZHI_NOTICE_SECRET"
_GIVEN = (
    _KEY, _KEY_BEFORE, SEAL_KEY, PAGES_KEY, _SECRET, "SHANZHI_GATEWAY", "SHANZHI_GATEWAY_PORT",
    "SHANZHI_DASHBOARD_PORT", "SHANZHI_INJECTED_TIME", "SHANZHI_PROBE_PORT",
)  # fmt: skip


@dataclass(frozen=True)
class Post:
    """A place in the crew: its name is also that of its log; `environment` and `keys` are all that its process sees.

    `keys` are asked for at each start, since a rotation replaces those of a folder while it is in use.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    keys: Callable[[], Mapping[str, str]] = dict

    def is_locked_out(self, given: Mapping[str, str]) -> bool:
        """Whether a process that was started with these keys lacks the one that counts now."""
        return self.keys().get(_KEY) not in (given.get(_KEY), given.get(_KEY_BEFORE))


@dataclass(frozen=True)
class Ways:
    """How people and programs come in: the ports that gateway and dashboard take, and the key of the pages."""

    gateway_port: int
    dashboard_port: int
    gateway: str
    pages_key: str


def worker_posts(
    endpoints: Endpoints, settings: Settings, count: int, own: Mapping[str, Endpoints] = MappingProxyType({})
) -> list[Post]:
    """worker-1, worker-2, …; their probes listen from SHANZHI_PROBE_PORT on. `own`: as for `all_posts`."""
    common = _common(own.get("worker", endpoints), settings)
    return [
        Post(f"worker-{number}", (*SHANZHI, "worker"), common | _probe(settings, number - 1))
        for number in range(1, count + 1)
    ]


def all_posts(
    endpoints: Endpoints,
    settings: Settings,
    workers: int,
    ways: Ways,
    own: Mapping[str, Endpoints] = MappingProxyType({}),
) -> list[Post]:
    """The workers, gateway and dashboard, and those whose probes come after theirs, in this order.

    `own`: the servers as a kind of process comes to them, where it has rights of its own. Raises `VaultLocked` where
    the master key or the one that signs seals is missing.
    """

    def common(process: str) -> dict[str, str]:
        return _common(own.get(process, endpoints), settings)

    keys = partial(_keys, settings)
    keys()  # a missing one is said before anything starts
    sealing = {SEAL_KEY: written(seal_key(settings)), "SHANZHI_SEAL_FILE": str(settings.seal_file.resolve())}
    gateway = common("gateway") | {"SHANZHI_GATEWAY_PORT": str(ways.gateway_port)}
    dashboard = common("dashboard") | {
        "SHANZHI_DASHBOARD_PORT": str(ways.dashboard_port), "SHANZHI_GATEWAY": ways.gateway, PAGES_KEY: ways.pages_key
    }  # fmt: skip
    return [
        *worker_posts(endpoints, settings, workers, own),
        Post("gateway", (*SHANZHI, "gateway"), gateway, keys),
        Post("dashboard", (*SHANZHI, "dashboard"), dashboard | _probe(settings, workers + 6), keys),
        Post("intake", (*SHANZHI, "intake"), common("intake") | _probe(settings, workers), keys),
        Post("clock", (*SHANZHI, "clock"), common("clock") | _probe(settings, workers + 1)),
        Post("decider", (*SHANZHI, "decider"), common("decider") | _probe(settings, workers + 2), keys),
        Post("relay", (*SHANZHI, "relay"), common("relay") | _probe(settings, workers + 3)),
        Post("notices", (*SHANZHI, "notices"), common("notices") | _notices(settings) | _probe(settings, workers + 4)),
        Post("sealer", (*SHANZHI, "sealer"), common("sealer") | sealing | _probe(settings, workers + 5)),
    ]


def _common(endpoints: Endpoints, settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _GIVEN}
    return kept | {
        "KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
        "DATABASE_URL": endpoints.database_url,
        "SHANZHI_LANES": str(settings.lanes),
        "SHANZHI_REPLICATION": str(settings.replicas),  # for the process Kafka is a given one, and may be embedded
        "SHANZHI_LOG_FORMAT": "json",
    }


def _keys(settings: Settings) -> dict[str, str]:
    """In this order: a rotation that comes between is seen as one that the process lacks the key of."""
    key, before = master_key(settings), master_key_before(settings)
    keys = {_KEY: urlsafe_b64encode(key).decode()}
    return keys | {_KEY_BEFORE: urlsafe_b64encode(before).decode()} if before else keys


def _notices(settings: Settings) -> dict[str, str]:
    return {_SECRET: settings.notice_secret.get_secret_value()} if settings.notice_secret else {}


def _probe(settings: Settings, number: int) -> dict[str, str]:
    if settings.probe_port is None:
        return {}
    port = settings.probe_port + number if settings.probe_port else 0
    if port > _LAST_PORT:
        raise SettingsRefused(
            f"SHANZHI_PROBE_PORT={settings.probe_port}: 端口不够 · the processes need the ports after it too",
            "换一个小一点的，或 0 · Choose a smaller one, or 0 for free ones.",
        )
    return {"SHANZHI_PROBE_PORT": str(port)}
