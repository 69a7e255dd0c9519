"""Servers, tables, topic, and every process that works on them: started together, watched over, stopped together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from shanzhi.address import GATEWAY, announce, answers, choose_port, url_of
from shanzhi.crew import Crew
from shanzhi.endpoints import Report, prepare, serve
from shanzhi.posts import all_posts
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.supervision import Servers

GATEWAY_SECONDS = 30.0  # then it may come later: the crew goes on trying
TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Everything:
    """What runs. `tend` has to be called again and again: it starts what has fallen."""

    endpoints: Endpoints
    gateway: str
    tend: Callable[[], None]


@contextmanager
def everything(settings: Settings, workers: int, *, report: Report, said: Report) -> Iterator[Everything]:
    """`report` hears about the start, `said` about what happens later.

    At the end the crew stops first, so that it can finish its work, then the servers.
    """
    with ExitStack() as opened:
        endpoints, stack = opened.enter_context(serve(settings, report))
        prepare(endpoints, settings.replicas, settings.injected_time)
        port = choose_port(settings)
        crew = opened.enter_context(
            Crew(all_posts(endpoints, settings, workers, port), logs=settings.logs, report=said)
        )
        servers = Servers(stack, report=said)

        def tend() -> None:
            crew.tend()
            servers.tend()

        report("启动网关 · the gateway starts")
        if not _answers_within(GATEWAY_SECONDS, settings, port, tend):
            said(f"gateway: not yet there after {GATEWAY_SECONDS:.0f} s (log: {crew.log_of(GATEWAY)})")
        if stack is not None:
            announce(settings.folder, port)
        yield Everything(endpoints, url_of(settings, port), tend)


def _answers_within(seconds: float, settings: Settings, port: int, tend: Callable[[], None]) -> bool:
    deadline = time.monotonic() + seconds
    while not answers(settings, port):
        if time.monotonic() > deadline:
            return False
        tend()
        time.sleep(TICK_SECONDS)
    return True
