"""Where the gateway and the dashboard of `up` and `demo` listen, and how others find them."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shanzhi.errors import SettingsRefused
from shanzhi.settings import Settings
from shanzhi.stack.owner import State, is_held, read_state, write_state
from shanzhi.stack.ports import free_port, is_free, refuse_taken

GATEWAY, DASHBOARD = "gateway", "dashboard"
_ANSWER_SECONDS = 1.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True)
class Door:
    """Where a process answers HTTP: its host, the port that was asked for, and the one that it takes otherwise."""

    name: str
    host: str
    asked_port: int | None
    default_port: int

    @property
    def variable(self) -> str:
        """The setting that asks for a port."""
        return f"SHANZHI_{self.name.upper()}_PORT"

    @property
    def reachable_host(self) -> str:
        """An address of this machine that it answers on."""
        return _EVERYWHERE.get(self.host, self.host)


def gateway_door(settings: Settings) -> Door:
    """The gateway's."""
    return Door(GATEWAY, settings.gateway_host, settings.gateway_port, 8080)


def dashboard_door(settings: Settings) -> Door:
    """The dashboard's."""
    return Door(DASHBOARD, settings.dashboard_host, settings.dashboard_port, 8090)


def choose_port(door: Door, folder: Path) -> int:
    """The one asked for; else the usual one, the last run's or a free one, the first of them that nobody holds.

    Raises `StackError` where the one asked for is taken.
    """
    if door.asked_port is not None:
        refuse_taken(door.asked_port, door.name, door.variable)
        return door.asked_port
    ports = read_state(folder).ports
    for port in (door.default_port, ports.get(door.name)):
        if port and is_free(port):
            return port
    return free_port(ports.values())


def listening(door: Door) -> socket.socket:
    """A socket of the door, on its usual port where none was asked for. Raises `SettingsRefused` where that fails."""
    from producers.gateway.server import listen  # here: slow to import, and most commands listen nowhere

    port = door.asked_port or door.default_port
    try:
        return listen(door.host, port)
    except OSError as failure:
        raise SettingsRefused(
            f"{door.host}:{port} 不能监听 · can't be listened on ({failure.strerror})",
            f"换一个地址或端口 · Give another one: {door.variable.replace('PORT', 'HOST')}, {door.variable}.",
        ) from None


def url_of(door: Door, port: int) -> str:
    """For clients on this machine."""
    host = door.reachable_host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answers(door: Door, port: int) -> bool:
    """Whether the process is alive there; it listens a moment before that."""
    with closing(http.client.HTTPConnection(door.reachable_host, port, timeout=_ANSWER_SECONDS)) as asked:
        try:
            asked.request("GET", "/livez")
            return asked.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def announce(folder: Path, name: str, port: int) -> None:
    """Tells the other terminals, and the next run, where it is. Only for the folder's owner."""
    state = read_state(folder)
    running = tuple(one for one in state.running if one != name)
    write_state(folder, State(state.ports | {name: port}, (*running, name)))


def running_at(door: Door, folder: Path) -> str | None:
    """The address of what another process started in the folder; None where none runs."""
    state = read_state(folder)
    port = state.ports.get(door.name)
    if port is None or door.name not in state.running or not is_held(folder):
        return None
    return url_of(door, port)
