"""Who does the next step. One seed, one order of steps: nothing else in a simulation throws dice or reads a clock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, Protocol


class Wait(NamedTuple):
    """A point at which a task goes on only once it is ready. `ready` looks and changes nothing."""

    point: str
    ready: Callable[[], bool]


Steps = Generator[str | Wait, None, None]
"""A task: what it does between two points is one step, and at each point its process may be gone for ever."""


class Ended(Exception):
    """The process ends by itself, and is started again."""


class Process(Protocol):
    """All that a process holds in its memory."""

    def tasks(self) -> Sequence[Steps]:
        """What it does, side by side."""
        ...

    def end(self) -> None:
        """It is no more: what it had open at servers is theirs to clear away."""
        ...

    def let_go(self) -> None:
        """It has been frozen for so long that PostgreSQL ends its sessions."""
        ...


@dataclass
class _Task:
    steps: Steps
    point: str = "start"
    ready: Callable[[], bool] | None = None


@dataclass
class Post:
    """A place for a process: one runs there, or none since it was killed. `runs_again` after so many steps."""

    name: str
    start: Callable[[], Process]
    process: Process | None = None
    tasks: list[_Task] = field(default_factory=list)
    runs_again: int | None = 0
    frozen_until: int = 0


_Entry = tuple[Post, _Task | None]


class Schedule:
    """`trace` has every step: the post and the point from which it went on."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.posts: list[Post] = []
        self.trace: list[tuple[str, str]] = []
        self.now = 0
        self._entries: list[_Entry] = []

    def add(self, name: str, start: Callable[[], Process], runs_again: int | None = 0) -> Post:
        """Another post; its first process starts by a step of its own."""
        post = Post(name, start, runs_again=runs_again)
        self.posts.append(post)
        self._muster()
        return post

    def step(self) -> bool:
        """One step of somebody, whom the dice say; False where nobody has anything to do."""
        self.now += 1
        able = self._anybody()
        if able is None:
            return False
        post, task = able
        if task is None:
            self._start(post)
        else:
            self._go_on(post, task)
        return True

    def _anybody(self) -> _Entry | None:
        """The first one who is able from somewhere on, in an order that changes with every start and end."""
        entries = self._entries
        first = int(self.dice.random() * len(entries))
        for place in range(first, first + len(entries)):
            post, task = entries[place % len(entries)]
            if self._is_able(post, task):
                return post, task
        return None

    def _is_able(self, post: Post, task: _Task | None) -> bool:
        if task is None:
            return post.runs_again is not None and post.runs_again <= self.now
        return post.frozen_until <= self.now and (task.ready is None or task.ready())

    def _muster(self) -> None:
        self._entries = [
            (post, task) for post in self.posts for task in (post.tasks if post.process is not None else [None])
        ]
        self.dice.shuffle(self._entries)

    def kill(self, post: Post, absent_steps: int | None) -> None:
        """Takes a process away where it stands; None: nobody starts it again by himself."""
        self._say(post, "KILLED")
        process, post.process, post.tasks = post.process, None, []
        post.runs_again = None if absent_steps is None else self.now + absent_steps
        self._muster()
        if process is not None:
            process.end()

    def freeze(self, post: Post, steps: int, is_long: bool) -> None:
        """SIGSTOP; where it is long, what it holds in PostgreSQL is taken from it meanwhile."""
        self._say(post, "FROZEN for long" if is_long else "FROZEN")
        post.frozen_until = self.now + steps
        if is_long and post.process is not None:
            post.process.let_go()

    def is_frozen(self, post: Post) -> bool:
        """Whether it neither thinks nor sends."""
        return post.frozen_until > self.now

    def calm(self) -> None:
        """Everybody runs, from now on."""
        for post in self.posts:
            post.frozen_until = 0
            if post.runs_again is not None:
                post.runs_again = 0

    def _start(self, post: Post) -> None:
        self._say(post, "starts")
        post.process = post.start()
        post.tasks = [_Task(steps) for steps in post.process.tasks()]
        self._muster()

    def _go_on(self, post: Post, task: _Task) -> None:
        self._say(post, task.point)
        try:
            said = next(task.steps)
        except Ended:
            self.kill(post, 1)
            return
        except StopIteration:
            post.tasks = [one for one in post.tasks if one is not task]
            self._muster()
            return
        task.point, task.ready = (said, None) if isinstance(said, str) else said

    def _say(self, post: Post, point: str) -> None:
        self.trace.append((post.name, point))
