"""Where the gateway of `up` and `demo` listens, and how others find it."""

from __future__ import annotations

import http.client
from contextlib import closing
from pathlib import Path

from shanzhi.settings import Settings
from shanzhi.stack.owner import State, is_held, read_state, write_state
from shanzhi.stack.ports import free_port, is_free, refuse_taken

GATEWAY = "gateway"
DEFAULT_PORT = 8080
_ANSWER_SECONDS = 1.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def choose_port(settings: Settings) -> int:
    """The one asked for; else 8080, the last run's or a free one, the first of them that nobody holds.

    Raises `StackError` where the one asked for is taken.
    """
    if settings.gateway_port is not None:
        refuse_taken(settings.gateway_port, "gateway", "SHANZHI_GATEWAY_PORT")
        return settings.gateway_port
    ports = read_state(settings.folder).ports
    for port in (DEFAULT_PORT, ports.get(GATEWAY)):
        if port and is_free(port):
            return port
    return free_port(ports.values())


def url_of(settings: Settings, port: int) -> str:
    """For clients on this machine."""
    host = reachable(settings)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def reachable(settings: Settings) -> str:
    """An address of this machine that the gateway answers on."""
    return _EVERYWHERE.get(settings.gateway_host, settings.gateway_host)


def answers(settings: Settings, port: int) -> bool:
    """Whether the gateway is alive there; it listens a moment before that."""
    with closing(http.client.HTTPConnection(reachable(settings), port, timeout=_ANSWER_SECONDS)) as asked:
        try:
            asked.request("GET", "/livez")
            return asked.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def announce(folder: Path, port: int) -> None:
    """Tells the other terminals, and the next run, where the gateway is. Only for the folder's owner."""
    state = read_state(folder)
    running = tuple(name for name in state.running if name != GATEWAY)
    write_state(folder, State(state.ports | {GATEWAY: port}, (*running, GATEWAY)))


def running_gateway(settings: Settings) -> str | None:
    """The address of the gateway that another process started in the folder; None where none runs."""
    state = read_state(settings.folder)
    port = state.ports.get(GATEWAY)
    if port is None or GATEWAY not in state.running or not is_held(settings.folder):
        return None
    return url_of(settings, port)
