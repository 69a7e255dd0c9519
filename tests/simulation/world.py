"""One seed: servers, processes, publishers and weather, run until all is told and everything has come to rest."""

from __future__ import annotations

from datetime import UTC, timedelta
from functools import partial
from random import Random
from typing import Any

from tests.simulation import law
from tests.simulation.broker import Broker
from tests.simulation.county import MORNING, Teller
from tests.simulation.deciding import Decider
from tests.simulation.door import Gateway, Publisher
from tests.simulation.rebuilding import Rebuild
from tests.simulation.relaying import Relay
from tests.simulation.schedule import Post, Schedule, Steps, Wait
from tests.simulation.tables import Tables
from tests.simulation.ticking import Clock
from tests.simulation.weather import Weather
from tests.simulation.worker import Group, Worker
from tests.strategies import PARTITIONS

STORM_STEPS = (250, 700)
REST_STEPS = 20_000
"""So many are never needed: who has not come to rest by then never will."""

EVENING = MORNING + timedelta(hours=11)
SHOWN_STEPS = 60


class Broken(AssertionError):
    """A law does not hold in a seed: which, how it came to that, and how to see it again."""


class World:
    """Everything of one seed; `now` moves with the steps. `versions`: of how many sets of folds workers run."""

    def __init__(self, seed: int, versions: int | None = None) -> None:
        self.seed, self.dice = seed, Random(seed)
        self.now = MORNING.astimezone(UTC)
        self.schedule = Schedule(self.dice)
        self.broker_partitions = PARTITIONS
        self.broker = Broker(PARTITIONS, self.dice, lambda: self.now)
        self.tables = Tables(PARTITIONS, self.dice, self.broker.records)  # type: ignore[arg-type]  # raw they are
        of_the_dice = self.dice.choice((1, 1, 2))
        self.groups = [
            Group(f"v{number}", self.dice.randint(1, 2), self.dice) for number in range(versions or of_the_dice)
        ]
        self.mortals: list[Post] = []
        self._add_workers()
        self._add_leaders()
        gateways = [self._mortal(f"gateway {number}", self._gateway) for number in range(self.dice.choice((1, 2)))]
        self.rebuild = self._mortal("rebuild", self._rebuild, runs_again=None)
        self.publishers: list[Publisher] = []
        self._add_publishers(gateways)
        self.schedule.add("network", lambda: _Network(self.broker))
        self.weather = Weather(self, self.dice)

    def run(self) -> None:
        """Raises `Broken`."""
        try:
            for _ in range(self.dice.randint(*STORM_STEPS)):
                self.weather.blow()
                self.schedule.step()
                self.now += timedelta(seconds=int(self.dice.random() * 30))
            self.weather.end()
            self._come_to_rest()
            self.now = EVENING.astimezone(UTC)
            self._come_to_rest()
            law.hold(self)
        except Exception as error:
            raise Broken(f"{error}\n{self.told()}") from error

    def told(self) -> str:
        """The last steps, and how to take them again."""
        steps = [f"{post}: {point}" for post, point in self.schedule.trace[-SHOWN_STEPS:]]
        again = f"SEED={self.seed} .venv/bin/python -m pytest tests/unit/test_simulation.py -k one_seed"
        head = f"seed {self.seed}, the last of {len(self.schedule.trace)} steps:"
        return "\n".join([head, *steps, f"again: {again}"])

    def _come_to_rest(self) -> None:
        for _ in range(REST_STEPS):
            if not self.schedule.step():
                return
        raise AssertionError(f"it has not come to rest after {REST_STEPS} steps in calm weather")

    # Posts --------------------------------------------------------------------------------------------

    def _mortal(self, name: str, start: Any, **more: Any) -> Post:
        post = self.schedule.add(name, start, **more)
        post.start = partial(start, lambda: self.schedule.is_frozen(post))
        self.mortals.append(post)
        return post

    def _add_workers(self) -> None:
        for group in self.groups:
            group.rebalance(PARTITIONS)
            for number in range(group.members):
                start = partial(self._worker, group, number, self.dice.choice((1, 2)))
                self._mortal(f"worker {group.fingerprint}.{number}", start)

    def _add_leaders(self) -> None:
        for number in range(self.dice.choice((1, 2))):
            self._mortal(f"decider {number}", lambda _: Decider(self.tables, lambda: self.now))
            self._mortal(f"relay {number}", lambda is_still: Relay(self.tables, self.broker, is_still))
            self._mortal(f"clock {number}", lambda _: Clock(self.tables, self.broker, lambda: self.now))

    def _worker(self, group: Group, number: int, lanes: int, _: Any) -> Worker:
        return Worker(self.tables, self.broker, group, number, lanes)

    def _gateway(self, is_still: Any) -> Gateway:
        return Gateway(self.tables, self.broker, lambda: self.now, is_still)

    def _rebuild(self, _: Any) -> Rebuild:
        group = self.dice.choice(self.groups)
        return Rebuild(self.tables, self.broker, group.fingerprint, self.dice.random() < 0.4)

    def _add_publishers(self, gateways: list[Post]) -> None:
        subjects = [*(f"case/{self.dice.randrange(50)}" for _ in range(2)), f"curtain/{self.dice.randrange(50)}"]
        for number in range(2):
            story = Teller(number, self.dice, subjects, self.dice.randint(2, 7), lambda: self.now)
            publisher = Publisher(self.schedule, gateways, story)
            self.publishers.append(publisher)
            self.schedule.add(f"publisher {number}", partial(_same, publisher))


def _same(process: Publisher) -> Publisher:
    return process


class _Network:
    """What is on its way arrives, one record a step."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def tasks(self) -> list[Steps]:
        """For ever."""
        return [self._run()]

    def end(self) -> None:
        """Never."""

    def let_go(self) -> None:
        """Never."""

    def _run(self) -> Steps:
        while True:
            yield Wait("deliver", self._broker.has_work)
            self._broker.deliver()
