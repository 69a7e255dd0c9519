"""Bugs that are planted to show that the laws see them: each breaks one step, or one of the project's own decisions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest

from ledger.partition import partition_of
from ledger.submission import Stored
from processors import relay
from processors.backlog import Backlog
from processors.clock.horizon import Horizon
from processors.clock.telling import Telling
from producers.gateway.answers import Accepted
from producers.gateway.writing import GroupWriter
from projections.store import generation, plan, sums
from projections.store.cache import StateCache
from projections.store.rows import NOBODY_ASKS
from tests.simulation import deciding, indexing, lane, rebuilding, switching
from tests.simulation.deciding import Decider
from tests.simulation.door import Writer
from tests.simulation.rebuilding import Rebuild
from tests.simulation.relaying import Relay
from tests.simulation.schedule import Steps
from tests.simulation.tables import Session, Tables

Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: list[Any] = []
"""Pytest parameters: a plant, and how many versions run in the worlds in which it is looked for (None: any)."""

settle, make_plan, may_ask, add = plan.settle, plan.plan, sums.may_ask, Backlog.add
write_rows, lock, sealed, write_partition = Tables.write_rows, Tables.lock, Telling.sealed, Rebuild.write_partition


def bug(plant: Plant, versions: int | None = None) -> Plant:
    """Enters a way to break the code."""
    BUGS.append(pytest.param(plant, versions, id=plant.__name__))
    return plant


def nothing(*_: Any) -> Steps:
    """A step that is left out."""
    yield from ()


# Workers ------------------------------------------------------------------------------------------


@bug
def the_position_moves_before_the_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lane, "TRANSACTIONS", ((Tables.write_position,), (Tables.write_rows,)))


@bug
def the_position_moves_after_the_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lane, "TRANSACTIONS", ((Tables.write_rows,), (Tables.write_position,)))


@bug
def positions_are_not_locked(patch: pytest.MonkeyPatch) -> None:
    def broken(tables: Tables, session: Session, key: Any) -> Steps:
        return lock(tables, session, key) if key == "generations" else nothing()

    patch.setattr(Tables, "lock", broken)


@bug
def the_cache_is_kept_whoever_has_moved_the_position(patch: pytest.MonkeyPatch) -> None:
    def broken(cache: Any, partition: int, *_: Any) -> Any:
        return cache._states.setdefault(partition, OrderedDict())

    patch.setattr(StateCache, "states", broken)
    patch.setattr(StateCache, "drop", lambda cache, partition: None)


@bug
def the_index_is_not_asked_for_repeats(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "settle", lambda items, index_next, _, planned: settle(items, index_next, {}, planned))


@bug
def another_generation_settles_repeats_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "settle", lambda items, _, indexed, planned: settle(items, 0, indexed, planned))


@bug
def what_was_not_delivered_is_taken_for_a_gap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "plan", lambda judged, loaded: make_plan(replace(judged, sought=0), loaded))


@bug
def what_was_fetched_before_is_taken_for_what_was_sought(patch: pytest.MonkeyPatch) -> None:
    def broken(backlog: Any, batch: Any) -> None:
        sent = backlog._sent_back.pop(batch.partition, None)
        add(backlog, batch if sent is None else batch._replace(sought=sent.position))

    patch.setattr(Backlog, "add", broken)


@bug
def another_generation_asks_again(patch: pytest.MonkeyPatch) -> None:
    def broken(tables: Tables, own: Any, planned: Any) -> None:
        write_rows(tables, own, planned)
        tables.permanent.undecided |= {row.id for row in planned.requests}

    patch.setattr(plan, "may_ask", lambda family, record, _: may_ask(family, record, 0))
    patch.setattr(lane, "TRANSACTIONS", ((broken, Tables.write_position),))


# Generations --------------------------------------------------------------------------------------


@bug
def readers_are_switched_to_what_has_not_come_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(switching, "left", lambda *_: 0)


@bug
def readers_are_switched_to_what_is_older(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(generation, "is_newer", lambda one, than: one != than)


@bug
def a_rebuild_reacts(patch: pytest.MonkeyPatch) -> None:
    def broken(rebuild: Any, own: Any, folded: Any, sums: Any) -> None:
        write_partition(rebuild, own, folded, sums)
        rebuild._tables.permanent.undecided |= {row.id for row in folded.plan.requests}

    def asks(family: Any, record: Any, reacted: int) -> bool:
        return may_ask(family, record, 0 if reacted == NOBODY_ASKS else reacted)

    patch.setattr(plan, "may_ask", asks)
    patch.setattr(Rebuild, "write_partition", broken)


@bug
def a_rebuild_hands_over_what_has_not_caught_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rebuild, "catch_up", nothing)
    patch.setattr(Rebuild, "_come_near", nothing)


@partial(bug, versions=2)
def a_rebuild_does_not_hold_what_its_workers_follow(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rebuild, "hold_followed", nothing)


@bug
def workers_follow_what_is_under_construction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rebuilding, "UNDER_CONSTRUCTION", "")


@bug
def an_index_takes_its_place_without_the_last_records(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(indexing, "settle_new", lambda *_: None)


# Ways in, decisions, relay, clock -----------------------------------------------------------------


@bug
def an_event_is_acknowledged_before_the_broker_has_it(patch: pytest.MonkeyPatch) -> None:
    def broken(_: Any, entry: Any, __: str, one: Stored, partition: int, sending: Any) -> None:
        flying = sending.send_raw(one, one.key, one.value, partition)
        entry.answer(Accepted(one.id, one.source, flying.partition, 0, False))

    patch.setattr(GroupWriter, "_send", broken)


@bug
def answers_are_committed_before_their_marks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Decider, "commit", one_by_one)


@bug
def marks_are_committed_before_their_answers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Decider, "commit", lambda decider, session, *writes: one_by_one(decider, session, *writes[::-1]))


def one_by_one(decider: Decider, session: Session, *writes: Callable[[], None]) -> Steps:
    """A transaction for each."""
    for write in writes:
        yield "decider: commit a part"
        decider.tables.commit(session, write)


@bug
def the_decider_forgets_what_it_has_pending(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deciding, "pending", lambda _: [])


@bug
def the_outbox_is_marked_before_it_is_published(patch: pytest.MonkeyPatch) -> None:
    def broken(own: Relay, session: Session, events: Sequence[Stored]) -> Steps:
        rows = [own.tables.permanent.outbox[one.source, one.id] for one in events]
        yield "relay: mark"
        own.tables.commit(session, *(partial(setattr, row, "place", (0, 0)) for row in rows))
        yield "relay: send"
        own.send(events)

    patch.setattr(Relay, "published", broken)


@bug
def the_relay_takes_the_last_of_each_subject(patch: pytest.MonkeyPatch) -> None:
    first_of_each = relay.first_of_each
    patch.setattr(relay, "first_of_each", lambda rows: first_of_each(rows[::-1]))


@bug
def the_relay_does_not_wait_for_the_one_before(patch: pytest.MonkeyPatch) -> None:
    def broken(own: Any, events: Sequence[Stored]) -> Any:
        writers = [Writer(own._writer._broker, own._writer._is_still) for _ in events]
        return [
            writer.sending().send_raw(one, one.key, one.value, partition_of(one.key, own.tables.partitions))
            for writer, one in zip(writers, events, strict=True)
        ]

    def all_of_them(rows: Sequence[Any]) -> list[Stored]:
        return [Stored(id_, source, subject.encode(), value) for source, id_, subject, value in rows]

    patch.setattr(relay, "first_of_each", all_of_them)
    patch.setattr(Relay, "send", broken)


@bug
def the_clock_does_not_ask_how_far_the_tables_are(patch: pytest.MonkeyPatch) -> None:
    def broken(horizon: Any, _: Any) -> Any:
        (now, _), horizon._asked = horizon._asked, None
        return now

    patch.setattr(Horizon, "reached", broken)


@bug
def the_clock_gives_new_ids(patch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def broken(telling: Any, *late: Any) -> Any:
        for one in sealed(telling, *late):
            told.append(one.id)
            name = f"{one.id}-{len(told)}"
            value = one.value.replace(one.id.encode(), name.encode())
            yield msgspec.structs.replace(one, id=name, value=value)

    patch.setattr(Telling, "sealed", broken)
