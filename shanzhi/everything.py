"""Servers, tables, topic, and every process that works on them: started together, watched over, stopped together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from shanzhi.address import Door, announce, answers, choose_port, dashboard_door, gateway_door, url_of
from shanzhi.crew import Crew
from shanzhi.endpoints import Report, serve
from shanzhi.least import logins_of, prepare_all
from shanzhi.pages_key import pages_key
from shanzhi.posts import Ways, all_posts
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.supervision import Servers

ANSWER_SECONDS = 30.0  # then it may come later: the crew goes on trying
TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Everything:
    """What runs. `tend` has to be called again and again: it starts what has fallen."""

    endpoints: Endpoints
    gateway: str
    dashboard: str
    tend: Callable[[], None]


@contextmanager
def everything(settings: Settings, workers: int, *, report: Report, said: Report) -> Iterator[Everything]:
    """`report` hears about the start, `said` about what happens later. On an embedded PostgreSQL every process has a
    role of its own; a given one is used as it is given.

    At the end the crew stops first, so that it can finish its work, then the servers.
    """
    with ExitStack() as opened:
        endpoints, stack = opened.enter_context(serve(settings, report))
        prepare_all(endpoints, settings.replicas, settings.injected_time)
        own = logins_of(endpoints, settings)
        doors = {
            door: choose_port(door, settings.folder) for door in (gateway_door(settings), dashboard_door(settings))
        }
        gateway, dashboard = (url_of(door, port) for door, port in doors.items())
        gateway_port, dashboard_port = doors.values()
        ways = Ways(gateway_port, dashboard_port, gateway, pages_key(settings, endpoints.database_url))
        posts = all_posts(endpoints, settings, workers, ways, own)
        crew = opened.enter_context(Crew(posts, logs=settings.logs, report=said))
        servers = Servers(stack, report=said)

        def tend() -> None:
            crew.tend()
            servers.tend()

        report("启动网关和页面 · gateway and dashboard start")
        for door, port in doors.items():
            if not _answers_within(ANSWER_SECONDS, door, port, tend):
                said(f"{door.name}: not yet there after {ANSWER_SECONDS:.0f} s (log: {crew.log_of(door.name)})")
            if stack is not None:
                announce(settings.folder, door.name, port)
        yield Everything(endpoints, gateway, dashboard, tend)


def _answers_within(seconds: float, door: Door, port: int, tend: Callable[[], None]) -> bool:
    deadline = time.monotonic() + seconds
    while not answers(door, port):
        if time.monotonic() > deadline:
            return False
        tend()
        time.sleep(TICK_SECONDS)
    return True
