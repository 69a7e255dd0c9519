"""What holds once a seed has come to rest: nothing lost, nothing doubled, everything in order, everything once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from ledger.codec import content_of
from ledger.envelope import identity
from ledger.partition import partition_of
from processors.clock.told import SOURCE as CLOCK
from processors.decider.answer import SOURCE as DECIDER
from processors.decider.asked import UNDECIDED
from producers.gateway.answers import Accepted
from projections.store.memory import PartitionPosition
from tests import laws
from tests.simulation.deciding import KINDS
from tests.simulation.hindsight import told_though_met
from tests.simulation.tables import Generation, Outgoing
from tests.simulation.ticking import ripe
from tests.strategies import Log

if TYPE_CHECKING:
    from tests.simulation.world import World


def hold(world: World) -> None:
    """Raises `AssertionError`, saying what does not hold."""
    acknowledged_is_counted(world)
    order_is_kept(world)
    tables_are_a_refold(world)
    what_was_told_is_published_once(world)
    each_request_is_decided_once(world)
    each_deadline_is_told_once(world)


def acknowledged_is_counted(world: World) -> None:
    """Each receipt stands for one event in the index; of two under one id the first."""
    permanent = world.tables.permanent
    for publisher in world.publishers:
        for _, event, answer in publisher.told:
            if not isinstance(answer, Accepted):
                continue
            name = identity(event["source"], event["id"])
            row = permanent.index.get((answer.partition, name))
            assert row is not None, f"lost: {event['id']} was acknowledged at {answer.partition}/{answer.offset}"
            raw = world.broker.records[answer.partition, answer.offset]
            content = content_of(raw.value or b"")
            if content == row.content:
                assert row.offset <= answer.offset, f"{event['id']} counts at {row.offset}, not {answer.offset}"
            else:
                aside = permanent.quarantine.get((answer.partition, answer.offset))
                assert aside and aside.reason == "id_reused", f"{event['id']} is neither counted nor put aside"


def order_is_kept(world: World) -> None:
    """In each stream, what one publisher told first stands first; so does what was put into the outbox first."""
    for publisher in world.publishers:
        _assert_order(world, [(one.event["subject"], one.event["source"], one.event["id"]) for one in publisher.told])
    outbox = [row.stored for row in world.tables.permanent.outbox.values()]
    _assert_order(world, [(one.key.decode(), one.source, one.id) for one in outbox])


def _assert_order(world: World, told: list[tuple[str, str, str]]) -> None:
    last: dict[str, tuple[int, str]] = {}
    for subject, source, id_ in dict.fromkeys(told):
        row = world.tables.permanent.index.get((_partition(world, subject), identity(source, id_)))
        if row is None:
            continue  # refused, or not published: another law's
        offset, before = last.get(subject, (-1, ""))
        assert row.offset > offset, f"order of {subject}: {id_} stands at {row.offset}, {before} at {offset}"
        last[subject] = row.offset, id_


def tables_are_a_refold(world: World) -> None:
    """Every generation that anybody follows holds what one walk over the ledger makes, row by row."""
    log = Log({number: tuple(records) for number, records in world.broker.partitions.items()})
    fresh = laws.one_walk(log)
    for generation in _followed(world):
        held = laws.tables(generation.store) | {"positions": _positions(world, generation)}
        for name, rows in fresh.items():
            assert held[name] == rows, f"{name} of generation {generation.number}: {_difference(held[name], rows)}"


def _followed(world: World) -> list[Generation]:
    newest = [world.tables.newest(group.fingerprint) for group in world.groups]
    return [one for one in newest if one is not None]


def _positions(world: World, generation: Generation) -> dict[int, tuple[Any, ...]]:
    found = {}
    for number, counted in world.tables.permanent.positions.items():
        position = generation.store.positions.get(number, PartitionPosition())
        if position.next or counted.next:
            found[number] = position.next, position.last_hash, counted.repeats, counted.gaps
    return found


def _difference(held: Any, fresh: Any) -> str:
    keys = sorted(held.keys() | fresh.keys(), key=repr)
    other = [key for key in keys if held.get(key) != fresh.get(key)]
    return "; ".join(f"{key}: {held.get(key)} and not {fresh.get(key)}" for key in other)


def what_was_told_is_published_once(world: World) -> None:
    """Each row of the outbox is marked, and counts in the ledger where its identity says."""
    permanent = world.tables.permanent
    for (source, id_), row in permanent.outbox.items():
        assert row.place is not None, f"never published: {id_} of {source}"
        named = permanent.index.get((_partition(world, row.stored.key.decode()), identity(source, id_)))
        assert named is not None, f"marked as published, and not in the ledger: {id_} of {source}"
        assert named.content == content_of(row.stored.value)


def each_request_is_decided_once(world: World) -> None:
    """Every request was settled, once; its answer is the one event that it says, and no case is given away twice."""
    permanent = world.tables.permanent
    given = Counter[str]()
    for id_, row in permanent.requests.items():
        if row.kind not in KINDS:
            continue
        outcomes = [one for one in permanent.outcomes.get(id_, ()) if not one.startswith(UNDECIDED)]
        assert id_ not in permanent.undecided, f"never decided: {row.kind} of {row.record.subject}"
        assert len(outcomes) <= 1, f"decided twice: {row.kind} of {row.record.subject}: {outcomes}"
        given.update(row.record.subject for one in outcomes if row.kind == "dispatch" and one.startswith("to "))
    told = Counter(_subject(row) for row in _outgoing(world, DECIDER) if _type(row) == "case.dispatched")
    assert told == given, f"dispatches told {dict(told)}, decided {dict(given)}"
    _assert_given_away_once(world)


def _assert_given_away_once(world: World) -> None:
    """Between two dispatches of a case somebody gave it back, or it was opened again."""
    holder: dict[str, str] = {}
    for (partition, _), row in sorted(world.tables.permanent.index.items(), key=lambda one: (one[0][0], one[1].offset)):
        event = orjson.loads(world.broker.records[partition, row.offset].value or b"")
        if event["type"] == "case.dispatched":
            assert row.subject not in holder, f"{row.subject} was given to {holder[row.subject]}, and then once more"
            holder[row.subject] = event["data"]["to"]
        elif event["type"] in ("case.declined", "case.reopened", "case.voided", "case.discovered"):
            holder.pop(row.subject, None)


def each_deadline_is_told_once(world: World) -> None:
    """Nothing that ran out is left, nothing was told twice, and nothing that had been met."""
    left = [one.place for one in ripe(world.tables.readers, world.now)]
    assert not left, f"ran out, and was not told: {left}"
    told = Counter(_said(row) for row in _outgoing(world, CLOCK))
    twice = [one for one, times in told.items() if times > 1]
    assert not twice, f"told twice: {twice}"
    met = told_though_met(world)
    assert not met, f"told, though it had been met: {met}"


def _outgoing(world: World, source: str) -> list[Outgoing]:
    return [row for row in world.tables.permanent.outbox.values() if row.stored.source == source]


def _type(row: Outgoing) -> str:
    return str(orjson.loads(row.stored.value)["type"])


def _subject(row: Outgoing) -> str:
    return row.stored.key.decode()


def _said(row: Outgoing) -> tuple[Any, ...]:
    """All of an event of the clock but its id."""
    event = orjson.loads(row.stored.value)
    return event["type"], event["subject"], event["data"].get("clock"), event["data"].get("key"), event["time"]


def _partition(world: World, subject: str) -> int:
    return partition_of(subject.encode(), world.tables.partitions)
