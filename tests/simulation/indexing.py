"""The event index made anew and put in the place of the old one: the steps of `audit.rebuild.index`."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import partial

from audit.rebuild.catching_up import behind
from ledger.codec import Examiner
from ledger.errors import OutcomeUnknown
from ledger.record import Batch
from projections.store import plan as pure
from projections.store.memory import PartitionPosition
from projections.store.rows import Indexed, IndexRow, Plan, QuarantineRow
from tests.simulation.broker import Broker
from tests.simulation.schedule import Steps, Wait
from tests.simulation.switching import NEAR_RECORDS, hold_live
from tests.simulation.tables import Session, Tables


class Shadow:
    """Index, quarantine and their positions under construction; nobody reads them but who makes them."""

    def __init__(self, tables: Tables) -> None:
        self.index: dict[tuple[int, str], IndexRow] = {}
        self.quarantine: dict[tuple[int, int], QuarantineRow] = {}
        self.positions: dict[int, PartitionPosition] = {n: PartitionPosition() for n in range(tables.partitions)}

    def take(self, plan: Plan) -> None:
        """The rows of a batch, which the plan then no longer has."""
        self.index |= {(plan.partition, row.identity): row for row in plan.index}
        self.quarantine |= {(plan.partition, row.offset): row for row in plan.quarantine}
        plan.index.clear()
        plan.quarantine.clear()

    def stand(self, plan: Plan) -> None:
        """How far it has come, and what it has counted."""
        position = self.positions[plan.partition]
        position.next, position.last_hash = plan.next, plan.last_hash
        position.repeats += plan.repeats
        position.gaps += plan.gaps

    def ends(self) -> Mapping[int, int]:
        """How far it has come."""
        return {number: position.next for number, position in self.positions.items()}

    def settle(self, batch: Batch, examiner: Examiner) -> None:
        """As a lane does, without folding."""
        judged, last = pure.judge(batch, examiner), batch.records[-1]
        indexed = {
            name: Indexed(row.offset, row.content)
            for name in judged.identities()
            if (row := self.index.get((batch.partition, name)))
        }
        plan = Plan(batch.partition, last.offset + 1, pure.record_hash(last), last.offset + 1)
        pure.settle(judged.items, self.positions[batch.partition].next, indexed, plan)
        self.take(plan)
        self.stand(plan)


def swap(tables: Tables, broker: Broker, session: Session, shadow: Shadow, attempts: int) -> Steps:
    """Settles most while work goes on, the last records with all positions locked. Raises `OutcomeUnknown`."""
    for _ in range(attempts):
        yield "rebuild: settle what came in"
        tables.ask(session)
        settle_new(tables, broker, shadow)
        if (yield from _swapped(tables, broker, session, shadow)):
            return
    raise OutcomeUnknown("The index was not swapped", "Rebuild again.")


def _swapped(
    tables: Tables, broker: Broker, session: Session, shadow: Shadow
) -> Generator[str | Wait, None, bool]:
    yield from hold_live(tables, session)
    for number in range(tables.partitions):
        yield from tables.lock(session, ("index", number))
    if behind(shadow.ends(), _ends(tables)) > NEAR_RECORDS:
        tables.release(session)
        return False
    settle_new(tables, broker, shadow)
    yield "rebuild: swap the index"
    tables.commit(session, partial(_put_in_place, tables, shadow))
    return True


def settle_new(tables: Tables, broker: Broker, shadow: Shadow) -> None:
    """What the index in use has read since."""
    examiner, since = Examiner(tables.partitions), shadow.ends()
    for number, end in _ends(tables).items():
        records = broker.read(number, since[number], end)
        if records:
            shadow.settle(Batch(number, records, since[number]), examiner)


def _put_in_place(tables: Tables, shadow: Shadow) -> None:
    permanent = tables.permanent
    permanent.index.clear()
    permanent.index.update(shadow.index)
    permanent.quarantine.clear()
    permanent.quarantine.update(shadow.quarantine)
    permanent.positions = shadow.positions
    for number, position in shadow.positions.items():
        permanent.reacted[number] = max(permanent.reacted[number], position.next)


def _ends(tables: Tables) -> dict[int, int]:
    return {number: position.next for number, position in tables.permanent.positions.items()}
