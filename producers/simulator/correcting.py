"""What was told before and was wrong: a field of it, or all of it (更正、作废). The families take turns."""

from __future__ import annotations

from typing import Any

from ledger import events as catalogue
from ledger.correction import correctable
from producers.simulator.calendar import HOUR
from producers.simulator.kind import OFFICE, WORKDAYS, Kind
from producers.simulator.world import DESK, Life, World

FAMILIES = tuple(name for name in catalogue.__all__ if name != "publisher")  # its events are the register's own
_REASONS = ("录入有误", "重复登记", "经核实应予更正")


def correction(world: World) -> Life:
    """The desk corrects or voids one of the last events of the family whose turn it is."""
    yield world.between(0, 2 * HOUR)
    number = int(world.new("correction").rpartition("-")[2])
    family = FAMILIES[number // 2 % len(FAMILIES)]
    is_voided = bool(number % 2)
    said = [event for event in world.said[family] if is_voided or _fields(family, event)]
    if not said:
        return
    event = world.pick(said)
    about = {"event": event["id"], "reason": world.pick(_REASONS)}
    if event["source"] != DESK:
        about["event_source"] = event["source"]
    if is_voided:
        world.tell(f"{family}.voided", event["subject"], DESK, about)
        return
    field = world.pick(_fields(family, event))
    told = about | {"field": field, "to": _another(world, event, field)}
    world.tell(f"{family}.corrected", event["subject"], DESK, told)


def _fields(family: str, event: dict[str, Any]) -> list[str]:
    return sorted(event["data"].keys() & correctable(family))


def _another(world: World, event: dict[str, Any], field: str) -> Any:
    """What an event of the same type said there, the last one that did; perhaps the same."""
    family = event["subject"].partition("/")[0]
    alike = (one for one in reversed(world.said[family]) if one["type"] == event["type"] and field in one["data"])
    return next(alike)["data"][field]


KINDS = (Kind(correction, 0.5, OFFICE, WORKDAYS),)
