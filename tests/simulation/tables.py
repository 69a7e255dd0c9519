"""PostgreSQL in memory: sessions, row locks, advisory locks, transactions; the permanent tables, and generations.

Modelled after `projections.store.apply`, `.generation` and the SQL of decider, relay and clock: what a statement reads
is committed, what a transaction writes is there at its commit or never, and who has lost the session commits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from ledger.record import RawRecord
from ledger.submission import Stored
from projections.store.generation import UNDER_CONSTRUCTION
from projections.store.memory import MemoryStore, PartitionPosition
from projections.store.rows import IndexRow, Plan, QuarantineRow, RequestRow
from tests.simulation.schedule import Steps, Wait


class Away(Exception):
    """The session is gone. What it was about to commit may be committed or not."""


@dataclass(eq=False)
class Session:
    """A connection; `held` ends with the transaction, `kept` with the session."""

    is_open: bool = True
    held: set[Hashable] = field(default_factory=set)
    kept: set[Hashable] = field(default_factory=set)


@dataclass(eq=False)
class Generation:
    """Tables of one set of folds."""

    number: int
    fingerprint: str
    store: MemoryStore

    def next(self, partition: int) -> int:
        """Where it stands."""
        position = self.store.positions.get(partition)
        return position.next if position else 0


@dataclass
class Outgoing:
    """A row of the outbox; `place` once it was marked as published."""

    stored: Stored
    depth: int
    place: tuple[int, int] | None = None


@dataclass
class Permanent:
    """What no generation owns. `outcomes` has what came of each request, in order; `given` who got a case last when."""

    index: dict[tuple[int, str], IndexRow] = field(default_factory=dict)
    quarantine: dict[tuple[int, int], QuarantineRow] = field(default_factory=dict)
    requests: dict[str, RequestRow] = field(default_factory=dict)
    positions: dict[int, PartitionPosition] = field(default_factory=dict)
    reacted: dict[int, int] = field(default_factory=dict)
    outcomes: dict[str, list[str]] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)
    given: dict[str, datetime] = field(default_factory=dict)
    outbox: dict[tuple[str, str], Outgoing] = field(default_factory=dict)


class Tables:
    """The database. `losses`: how often a commit is lost, before or after it took place; `commits` counts them.

    `told_until` is no table: up to when the clock took the tables for complete as it told an event, for the laws.
    """

    def __init__(self, partitions: int, dice: Random, log: dict[tuple[int, int], RawRecord]) -> None:
        self.partitions, self._dice, self._log = partitions, dice, log
        self.permanent = Permanent()
        self.permanent.positions = {number: PartitionPosition() for number in range(partitions)}
        self.permanent.reacted = dict.fromkeys(range(partitions), 0)
        self.generations: dict[int, Generation] = {}
        self.current = 0
        self.losses = 0.0
        self.commits = 0
        self.told_until: dict[tuple[str, str], datetime] = {}
        self._locks: dict[Hashable, Session] = {}
        self._sessions: list[Session] = []

    # Sessions ---------------------------------------------------------------------------------------

    def connect(self) -> Session:
        """Another session."""
        self._sessions.append(made := Session())
        return made

    def end(self, session: Session) -> None:
        """Nothing of its transaction took place, and its locks are free."""
        session.is_open = False
        self.release(session)
        for key in session.kept:
            del self._locks[key]
        session.kept.clear()
        self._sessions = [one for one in self._sessions if one is not session]

    def restart(self) -> None:
        """Every session ends."""
        for session in self._sessions:
            self.end(session)

    def lock(self, session: Session, key: Hashable) -> Steps:
        """Waits for a row. Raises `Away`."""
        yield Wait(f"lock {key}", lambda: not session.is_open or self._locks.get(key) in (None, session))
        self.ask(session)
        self._locks[key] = session
        session.held.add(key)

    def keep(self, session: Session, key: Hashable) -> bool:
        """Takes an advisory lock for the life of the session, unless somebody has it."""
        self.ask(session)
        if not self.is_free(key):
            return False
        self._locks[key] = session
        session.kept.add(key)
        return True

    def is_free(self, key: Hashable) -> bool:
        """Whether nobody holds it."""
        return key not in self._locks

    def ask(self, session: Session) -> None:
        """Any statement. Raises `Away`."""
        if not session.is_open:
            raise Away

    def commit(self, session: Session, *writes: Callable[[], None]) -> None:
        """All writes at once, and no lock of the transaction any more. Raises `Away`: then nobody knows."""
        self.ask(session)
        fate = self._dice.random() if self.losses else 1.0
        if fate >= self.losses / 2:
            for write in writes:
                write()
            self.commits += bool(writes)
        if fate < self.losses:
            self.end(session)
            raise Away
        self.release(session)

    def release(self, session: Session) -> None:
        """The transaction is over."""
        for key in session.held:
            del self._locks[key]
        session.held.clear()

    # Generations ------------------------------------------------------------------------------------

    def make_generation(self, fingerprint: str) -> Generation:
        """Empty, over the permanent tables that there are."""
        permanent, number = self.permanent, max(self.generations, default=0) + 1
        store = MemoryStore(self.partitions, log=self._log)
        store.index, store.quarantine, store.requests = permanent.index, permanent.quarantine, permanent.requests
        made = self.generations[number] = Generation(number, fingerprint, store)
        self.current = self.current or number
        return made

    def newest(self, fingerprint: str) -> Generation | None:
        """Of these folds."""
        found = [one for one in self.generations.values() if one.fingerprint == fingerprint]
        return found[-1] if found else None

    @property
    def readers(self) -> Generation:
        """What readers see."""
        return self.generations[self.current]

    def under_construction(self) -> list[Generation]:
        """What rebuilds have begun."""
        return [one for one in self.generations.values() if one.fingerprint.startswith(UNDER_CONSTRUCTION)]

    def show(self, generation: Generation) -> None:
        """Readers are switched. They never go back: not to older tables, and in no partition."""
        before = self.readers
        assert generation.number > before.number, f"readers went back to generation {generation.number}"
        for number in range(self.partitions):
            now, then = generation.next(number), before.next(number)
            assert now >= then, f"readers went back in partition {number}: from {then} to {now}"
        self.current = generation.number

    # What a batch writes ------------------------------------------------------------------------------

    def write_rows(self, generation: Generation, plan: Plan) -> None:
        """Rows of the generation and of the index; requests, which are asked once."""
        permanent, number = self.permanent, plan.partition
        permanent.undecided |= {row.id for row in plan.requests if row.id not in permanent.requests}
        generation.store.write_rows(plan)
        permanent.reacted[number] = max(permanent.reacted[number], plan.next)
        position = permanent.positions[number]
        if plan.index_next > position.next:
            position.next, position.last_hash = plan.index_next, plan.last_hash
            position.repeats += plan.repeats
            position.gaps += plan.gaps

    def write_position(self, generation: Generation, plan: Plan) -> None:
        """Where the generation stands."""
        generation.store.move_position(plan)

    # Outbox -------------------------------------------------------------------------------------------

    def put(self, rows: Iterable[tuple[Stored, int]]) -> None:
        """Events to be published, in this order; on conflict nothing."""
        for stored, depth in rows:
            self.permanent.outbox.setdefault((stored.source, stored.id), Outgoing(stored, depth))

    def unpublished(self) -> list[Outgoing]:
        """In the order in which they were put there."""
        return [row for row in self.permanent.outbox.values() if row.place is None]
