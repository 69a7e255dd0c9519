"""Changes: who comes back is told what moved meanwhile, whatever generation readers see; all ends when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from ledger.topics import PARTITIONS
from readers.api.changes import Changes, Look
from readers.api.freshness import Ends, Fresh
from readers.standing import Standing


def standing(*moved: int, generation: str = "generation_1") -> Standing:
    return Standing(generation, (*moved, *[0] * (PARTITIONS - len(moved))))


def fresh(at: Standing) -> Fresh:
    return Fresh(dict(enumerate(at.positions)), None, 0, 0.0, 0)


def told(message: bytes) -> dict[str, Any]:
    """What a change says, with its id."""
    lines = dict(line.split(b": ", 1) for line in message.strip().split(b"\n"))
    found: dict[str, Any] = orjson.loads(lines[b"data"]) | {"id": lines[b"id"].decode()}
    return found


def changes() -> Changes:
    """Without its thread: a test says where the tables stand."""
    return Changes("postgresql://nowhere", fresh)


def see(one: Changes, at: Standing) -> None:
    one._wake(Look(at, asyncio.get_running_loop().time()))


def heard(one: Changes, last_id: str, then: Callable[[], None], messages: int) -> list[dict[str, Any]]:
    async def listen() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        see(one, standing(5, 7))
        async for message in one.messages(last_id):
            if message.startswith(b"event: change"):
                found.append(told(message))
                if len(found) == 1:
                    then()
                if len(found) == messages:
                    one.stop()
        return found

    return asyncio.run(asyncio.wait_for(listen(), 5))


def test_a_new_listener_is_told_where_things_stand_and_then_what_moves() -> None:
    one = changes()
    first, second = heard(one, "", lambda: see(one, standing(5, 8)), 2)
    assert (first["partitions"], first["id"]) == ([], standing(5, 7).vector)
    assert (second["partitions"], second["id"]) == ([1], standing(5, 8).vector)
    assert one.listeners == 0


def test_a_resume_survives_a_switch_of_generations() -> None:
    one = changes()
    before = standing(4, 7).vector
    first, second = heard(one, before, lambda: see(one, standing(5, 7, generation="generation_2")), 2)
    assert (first["partitions"], first["generation"]) == ([0], "generation_1")
    assert (second["partitions"], second["generation"]) == ([], "generation_2")


def test_an_id_that_is_none_of_ours_begins_anew() -> None:
    one = changes()
    assert heard(one, "1.2; drop table", lambda: None, 1)[0]["partitions"] == []


def test_who_waits_for_a_record_goes_on_as_soon_as_it_is_there_or_when_time_is_up() -> None:
    async def wait() -> tuple[bool, bool]:
        one = changes()
        see(one, standing(5))
        late = await one.reach([(0, 5)], 0.05)
        waiting = asyncio.create_task(one.reach([(0, 5)], 5))
        await asyncio.sleep(0)
        see(one, standing(6))
        return late, await waiting

    assert asyncio.run(wait()) == (False, True)


def test_lag_is_what_the_ledger_has_more_and_since_when() -> None:
    now = [0.0]
    ends = Ends(lambda: now[0])
    assert ends.lag_of(standing(5)) == (None, None)
    ends.saw(standing(5).positions)
    assert ends.lag_of(standing(5)) == (0, 0.0)
    now[0] = 1.0
    ends.saw(standing(8).positions)
    now[0] = 3.0
    ends.saw(standing(9).positions)
    assert ends.lag_of(standing(5)) == (4, 2.0)
    assert ends.lag_of(standing(8)) == (1, 0.0)
    now[0] = 60.0
    assert ends.lag_of(standing(9)) == (None, None), "nobody has looked for a while"
