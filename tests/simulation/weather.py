"""What goes wrong in a seed: some sorts of it, as often as the dice say, and in other seeds others."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.world import World

LONG_STEPS = 120


class Weather:
    """`blow` does something wrong now and then; calm weather does nothing."""

    def __init__(self, world: World, dice: Random) -> None:
        self._world, self._dice = world, dice
        sorts: list[Callable[[], None]] = [
            *(self._kill, self._kill, self._kill, self._freeze, self._rebalance, self._end_a_session),
            *(self._restart_the_database, self._write_something_else, self._rebuild, self._rebuild),
        ]
        self._sorts = dice.sample(sorts, dice.randint(2, len(sorts)))
        self._every_steps = dice.choice((15, 25, 40, 80))
        world.broker.losses = dice.choice((0.0, 0.05, 0.2))
        world.tables.losses = dice.choice((0.0, 0.03, 0.1))
        for group in world.groups:
            group.slips = dice.choice((0.0, 0.1, 0.3))

    def blow(self) -> None:
        """Before a step."""
        if self._dice.random() * self._every_steps < 1:
            self._dice.choice(self._sorts)()

    def end(self) -> None:
        """Nothing goes wrong any more, and everybody who is to run does."""
        self._world.broker.losses = self._world.tables.losses = 0.0
        for group in self._world.groups:
            group.slips = 0.0
        self._world.schedule.calm()

    def _kill(self) -> None:
        post = self._dice.choice(self._world.mortals)
        if post.process is not None:
            again = None if post is self._world.rebuild else self._dice.randint(1, 40)
            self._world.schedule.kill(post, again)

    def _freeze(self) -> None:
        is_long = self._dice.random() < 0.5
        steps = self._dice.randint(1, LONG_STEPS if is_long else 20)
        self._world.schedule.freeze(self._dice.choice(self._world.mortals), steps, is_long)

    def _rebalance(self) -> None:
        self._dice.choice(self._world.groups).rebalance(self._world.broker_partitions)

    def _end_a_session(self) -> None:
        post = self._dice.choice(self._world.mortals)
        if post.process is not None:
            post.process.let_go()

    def _restart_the_database(self) -> None:
        self._world.tables.restart()

    def _write_something_else(self) -> None:
        """Somebody who should not writes what is no event; or offsets are lost before it."""
        partition = self._dice.randrange(self._world.broker_partitions)
        self._world.broker.append(partition, b"case/1", b"\xff", lost_offsets=self._dice.choice((0, 0, 1, 3)))

    def _rebuild(self) -> None:
        post = self._world.rebuild
        if self._world.tables.current and not post.tasks:
            self._world.schedule.kill(post, 0)
