"""A county that goes on for as long as somebody looks: days pass in seconds, and the tables follow."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import count

from rich.live import Live

from ledger.errors import OutcomeUnknown, StoreUnsound
from producers.simulator import Arrival, Simulation, Submitted
from readers.accounts.demo import NothingThere, demo_accounts
from readers.accounts.login import TITLES
from shanzhi.cli.output import reporting, results, say, table
from shanzhi.demo.numbers import look
from shanzhi.demo.screen import Moment, draw, line
from shanzhi.everything import everything
from shanzhi.feeding import Feeder, publishing
from shanzhi.keys import master_key
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints
from shanzhi.watch import Watch, ledger_ends

BY = "unit/system"
DAYS = 90  # then another ninety begin, with another seed
EVENTS_A_DAY_AT_SCALE_1 = 333
SECONDS_A_DAY = 5  # long enough to see a day's cases go through the funnel
STEP_SECONDS = 0.05
ACCOUNTS_SECONDS = 30.0  # some orders are given by then
LOOK_SECONDS, LINE_SECONDS = 0.5, 3.0
ENDS_SECONDS = 2.0


def run_live(settings: Settings, workers: int, rate: int) -> None:
    """Until interrupted: all servers and processes, a simulated county at `rate` events a second, and its tables."""
    said: deque[str] = deque(maxlen=4)
    with ExitStack() as all_of_it:
        with reporting("正在启动 · starting") as report:
            running = all_of_it.enter_context(everything(settings, workers, report=report, said=said.append))
        say(f"网关 · the gateway answers at {running.gateway}")
        say(f"页面 · the pages are at {running.dashboard}")
        endpoints, key = running.endpoints, master_key(settings)
        view = _View(endpoints, said)
        arrivals = paced(endless(int(time.time()), rate, registry=not view.knows_the_county()), rate)
        feeder, feeding = all_of_it.enter_context(publishing(endpoints, key, arrivals, patient=True))

        def tend() -> None:
            running.tend()
            if feeding.done():
                feeding.result()  # it never ends by itself: this raises what ended it

        _say_accounts(view, endpoints.database_url, tend)
        _show(view, feeder, tend)


def _say_accounts(view: _View, database_url: str, tend: Callable[[], None]) -> None:
    """Makes an account for each role, on a worker and a unit that have something to do, and shows them once."""
    until = time.monotonic() + ACCOUNTS_SECONDS
    with reporting("等待首批派单，以便开通演示账号 · waiting for the first orders"):
        while not view.has_orders() and time.monotonic() < until:
            _wait(1.0, tend)
    try:
        made = demo_accounts(database_url, BY)
    except (NothingThere, StoreUnsound, OutcomeUnknown) as nothing:
        say(f"没有演示账号 · no accounts: {nothing.what}; shanzhi account demo")
        return
    rows = [(TITLES[one.role][0], one.name, one.password, one.scope) for one in made]
    title = "演示账号（密码只显示这一次）· accounts to try the pages with"
    results.print(table(title, ("角色", "账号", "密码", "范围"), rows))


def endless(seed: int, rate: int, *, registry: bool) -> Iterator[Arrival]:
    """One simulation after another, each with a new seed; the county is registered once, if at all."""
    scale = max(0.1, rate * SECONDS_A_DAY / EVENTS_A_DAY_AT_SCALE_1)
    for number in count():
        start = date.today() - timedelta(days=DAYS + 1)
        yield from Simulation(seed + number, DAYS, scale, start, registry=registry and number == 0)


def paced(arrivals: Iterator[Arrival], per_second: int) -> Iterator[Arrival | None]:
    """So many a second; None before each wait, so that what was given is sent. The registry comes at once."""
    due = time.monotonic()
    for arrival in arrivals:
        yield arrival
        if isinstance(arrival, Submitted) and arrival.event["id"].startswith("county-"):
            continue
        due = max(due, time.monotonic() - 1) + 1 / per_second
        if due - time.monotonic() > STEP_SECONDS:
            yield None
            time.sleep(max(0.0, due - time.monotonic()))


class _View:
    """Looks at the numbers; where PostgreSQL or Kafka is away it says so and keeps the last ones."""

    def __init__(self, endpoints: Endpoints, said: deque[str]) -> None:
        self._endpoints, self._said = endpoints, said
        self._watch = Watch(endpoints.database_url)
        self._ends: dict[int, int] = {}
        self._ends_at = 0.0
        self._pace: deque[tuple[float, int]] = deque(maxlen=8)
        self._moment: Moment | None = None

    def knows_the_county(self) -> bool:
        """Whether a run before this one has registered it."""
        return self._watch.knows_the_county()

    def has_orders(self) -> bool:
        """Whether somebody was given a case already; False also while PostgreSQL is away."""
        try:
            return bool(self._watch.of_current("select 1 from {}.entity_case where assignee like 'person/%' limit 1"))
        except OutcomeUnknown:
            self._reconnect()
            return False

    def moment(self, feeder: Feeder) -> Moment | None:
        """None until the first look has succeeded."""
        try:
            self._moment = self._look(feeder)
        except OutcomeUnknown as away:
            if away.what not in self._said:
                self._said.append(away.what)
            self._reconnect()
        return self._moment

    def _look(self, feeder: Feeder) -> Moment:
        day = feeder.fed.last_time[:10] or date.today().isoformat()
        numbers, now = look(self._watch, day), time.monotonic()
        self._pace.append((now, numbers.counted.next))
        began, before = self._pace[0]
        elapsed = now - began
        if now - self._ends_at > ENDS_SECONDS:
            self._ends, self._ends_at = ledger_ends(self._endpoints.kafka_bootstrap), now
        return Moment(
            day,
            feeder.fed.published,
            (numbers.counted.next - before) / elapsed if elapsed > 0 else 0.0,
            self._watch.lag_records(self._ends),
            numbers,
            list(self._said),
        )

    def _reconnect(self) -> None:
        try:
            self._watch = Watch(self._endpoints.database_url)
        except OutcomeUnknown:
            time.sleep(LOOK_SECONDS)


def _show(view: _View, feeder: Feeder, tend: Callable[[], None]) -> None:
    """Tables that change on a terminal; a line every few seconds elsewhere."""
    if not results.is_terminal:
        say("每 3 秒一行 · a line every 3 s, no terminal here")
        while True:
            tend()
            if moment := view.moment(feeder):
                print(line(moment), flush=True)
            _wait(LINE_SECONDS, tend)
    with Live(console=results, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            tend()
            if moment := view.moment(feeder):
                live.update(draw(moment), refresh=True)
            time.sleep(LOOK_SECONDS)


def _wait(seconds: float, tend: Callable[[], None]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tend()
        time.sleep(0.2)
