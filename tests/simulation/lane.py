"""One connection that applies batches: the steps of `projections.store.apply.Lane`, its decisions the project's own.

Modelled are the transaction (`TRANSACTIONS`: one, of rows and position), the second try in halves after a lost session,
and reading corrected streams again outside of the transaction.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

from ledger.codec import Examiner
from ledger.errors import LedgerUnsound
from ledger.record import Batch
from projections.store import plan as pure
from projections.store.cache import StateCache
from projections.store.outcome import Applied, applied_of, halves, touched
from projections.store.plan import Rewind
from projections.store.rows import Indexed, Judged, Loaded, Plan
from tests.simulation.broker import Broker
from tests.simulation.schedule import Wait
from tests.simulation.tables import Away, Generation, Session, Tables

TRANSACTIONS = ((Tables.write_rows, Tables.write_position),)
"""What is committed together."""

Applying = Generator[str | Wait, None, Applied]


class Lane:
    """`own` is the generation to work in, None: the newest of these folds. `gives_up`: it does not try again."""

    def __init__(
        self,
        tables: Tables,
        broker: Broker,
        fingerprint: str,
        cache: StateCache,
        own: Generation | None = None,
        gives_up: bool = False,
    ) -> None:
        self._tables, self._broker, self._fingerprint, self._cache = tables, broker, fingerprint, cache
        self._own, self._gives_up = own, gives_up
        self._examiner = Examiner(tables.partitions)
        self._generation: Generation | None = None
        self._read: set[int] = set()
        self.session: Session | None = None

    def apply(self, batch: Batch) -> Applying:
        """A batch whole. Raises `Rewind` where other records have to be read first."""
        attempt, done = 0, Applied(0, 0)
        left = [pure.judge(batch, self._examiner)]
        while left:
            try:
                applied = yield from self._transact(left[0])
            except Away:
                if self._gives_up:
                    raise
                self._cache.drop(batch.partition)
                yield "wait for PostgreSQL"
                attempt += 1
                if attempt > 1:
                    left[:1] = halves(left[0])
                continue
            left.pop(0)
            done = done.then(applied)
        self._read.clear()
        return done

    def _transact(self, judged: Judged) -> Applying:
        if self.session is None or not self.session.is_open:
            self.session = self._tables.connect()
            self._enter()
        try:
            planned, next_offset = yield from self._planned(self.session, judged)
            if planned is not None:
                yield from self._commit(self.session, planned)
        except (Away, Rewind, LedgerUnsound):
            self._cache.drop(judged.partition)
            self._tables.release(self.session)
            raise
        applied, states = (applied_of(planned), touched(planned)) if planned else (Applied(next_offset, 0), [])
        self._tables.release(self.session)
        self._cache.keep(judged.partition, self._name, applied.next, states)
        return applied

    def _planned(
        self, session: Session, judged: Judged
    ) -> Generator[str | Wait, None, tuple[Plan | None, int]]:
        """Under the locks of both positions. A generation that was made meanwhile is gone over to."""
        while True:
            assert self._generation is not None
            yield from self._tables.lock(session, ("position", self._generation.number, judged.partition))
            if self._own is None and self._tables.newest(self._fingerprint) is not self._generation:
                self._tables.release(session)
                self._enter()
                continue
            yield from self._tables.lock(session, ("index", judged.partition))
            yield "read the tables"
            self._tables.ask(session)
            loaded = self._loaded(judged)
            unread = {one.offset for some in loaded.streams.values() for one in some or ()} - self._read
            if not unread:
                return pure.plan(judged, loaded), loaded.next
            self._tables.release(session)
            yield "read streams again"
            self._tables.ask(session)
            self._read |= unread

    def _commit(self, session: Session, planned: Plan) -> Generator[str | Wait, None, None]:
        assert self._generation is not None
        for writes in TRANSACTIONS:
            yield "commit a batch"
            self._tables.commit(session, *(partial(write, self._tables, self._generation, planned) for write in writes))

    def _enter(self) -> None:
        self._generation = self._own or self._tables.newest(self._fingerprint)
        assert self._generation is not None

    @property
    def _name(self) -> str:
        assert self._generation is not None
        return f"generation_{self._generation.number}"

    def _loaded(self, judged: Judged) -> Loaded:
        assert self._generation is not None
        partition, store, permanent = judged.partition, self._generation.store, self._tables.permanent
        position = store.positions.get(partition)
        next_offset, last_hash = (position.next, position.last_hash) if position else (0, None)
        cached = self._cache.states(partition, self._name, next_offset)
        indexed = {
            name: Indexed(row.offset, row.content)
            for name in judged.identities()
            if (row := permanent.index.get((partition, name)))
        }
        kept = store.entities
        return Loaded(
            next_offset,
            last_hash,
            permanent.positions[partition].next,
            indexed,
            {name: cached.get(name) or kept[name] for name in judged.subjects() if name in cached or name in kept},
            permanent.positions[partition].last_hash,
            permanent.reacted[partition],
            {
                subject: store.stream(partition, subject, next_offset)
                for subject in judged.corrected(next_offset, indexed)
            },
        )
