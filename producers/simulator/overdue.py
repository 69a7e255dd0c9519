"""Clocks that run out, told as the clock would have told them: at the due time, before what comes too late."""

from __future__ import annotations

from typing import Any

from producers.simulator.world import Life, World

CLOCK = "clock.zuoyun"
_AUTHID, _RULE = "rule/clocks", "2024-1"


def wait_past(
    world: World, wait_seconds: int, subject: str, clock: str, due: int, holder: str | None = None, key: str = ""
) -> Life:
    """Waits, and tells `<family>.overdue` on the way where the due time lies in between."""
    until = world.now + wait_seconds
    if world.now < due < until:
        yield due - world.now
        data: dict[str, Any] = {"clock": clock, "due": world.text(), "rule": _RULE}
        if key:
            data["key"] = key
        if holder:
            data["holder"] = holder
        world.tell(f"{subject.partition('/')[0]}.overdue", subject, _AUTHID, data, CLOCK)
    yield until - world.now
