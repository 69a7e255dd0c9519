"""Readers move to a generation that has come up: the steps of `projections.store.generation.switch_when_caught_up`."""

from __future__ import annotations

from audit.rebuild.catching_up import behind
from projections.store import generation as pure
from tests.simulation.schedule import Steps
from tests.simulation.tables import Away, Generation, Session, Tables

NEAR_RECORDS = 3
LOOKS = 4
"""How often one looks, while the readers' generation is held still, whether ours has come up."""


def is_worth_a_try(tables: Tables, generation: Generation) -> bool:
    """Whether readers see an older one that is near."""
    return _is_newer(tables, generation) and left(tables, generation) <= NEAR_RECORDS


def left(tables: Tables, generation: Generation) -> int:
    """Records by which it is behind the one that readers see."""
    numbers, current = range(tables.partitions), tables.readers
    return behind(
        {number: generation.next(number) for number in numbers}, {number: current.next(number) for number in numbers}
    )


def hold_live(tables: Tables, session: Session) -> Steps:
    """Locks the positions of the readers' generation, in the order of all who lock them."""
    current = tables.current
    for number in range(tables.partitions):
        yield from tables.lock(session, ("position", current, number))


def switch(tables: Tables, session: Session, generation: Generation) -> Steps:
    """One attempt; nothing where it is not near enough, or does not come up in time."""
    try:
        yield from _attempt(tables, session, generation)
    except Away:
        yield "switch later"
    tables.release(session)


def _attempt(tables: Tables, session: Session, generation: Generation) -> Steps:
    yield from tables.lock(session, "generations")
    if not is_worth_a_try(tables, generation):
        return
    yield from hold_live(tables, session)
    for _ in range(LOOKS):
        if not left(tables, generation):
            yield "commit the switch"
            tables.commit(session, lambda: tables.show(generation))
            return
        yield "wait until it has come up"
        tables.ask(session)


def _is_newer(tables: Tables, generation: Generation) -> bool:
    return pure.is_newer(f"generation_{generation.number}", f"generation_{tables.current}")
