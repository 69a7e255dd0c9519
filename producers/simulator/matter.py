"""A case while it lives: what its later steps have to know of the earlier ones, and its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from producers.simulator.calendar import DAY, HOUR, MINUTE
from producers.simulator.topics import Topic
from producers.simulator.world import GRID, World

_CLASS_SECONDS = {"h2": 2 * HOUR, "h24": DAY, "d7": 7 * DAY, "d15": 15 * DAY}
_WORKING_DAYS = {"consultation": 1, "help": 5, "suggestion": 5, "complaint": 10, "report": 10}
SIGN_IN_SECONDS = 2 * HOUR
REPORT_SECONDS = {"emergency": 30 * MINUTE, "ordinary": DAY, "joint_enforcement": DAY}
WEIGHT = {"emergency": 3, "urgent": 2, "ordinary": 1}


@dataclass(slots=True)
class Matter:
    """One case. `due` is the handle clock's end, `worker` who was dispatched last."""

    subject: str
    grid: int
    topic: Topic
    demand: str
    urgency: str
    handle_class: str | None
    by: str
    due: int = 0
    worker: str = ""

    def handle_seconds(self, world: World) -> int:
        """How long the handle clock runs from now: by class, else in working days by demand."""
        if self.handle_class:
            return _CLASS_SECONDS[self.handle_class]
        return world.calendar.working_days_after(world.now, _WORKING_DAYS[self.demand]) - world.now

    def wait(self, world: World, low_minutes: int, high_minutes: int) -> int:
        """Seconds until people take the next step; an emergency knows no night."""
        if self.urgency == "emergency":
            return world.between(low_minutes * MINUTE, high_minutes * MINUTE)
        return world.by_day(low_minutes, high_minutes)

    @property
    def hasty(self) -> bool:
        """Whether the class leaves hours and not days."""
        return self.handle_class in ("h2", "h24")

    @property
    def weight(self) -> int:
        """What the case adds to its worker's load."""
        return WEIGHT[self.urgency]


def photo(world: World, reused: bool = False) -> dict[str, Any]:
    """A photo kept elsewhere, by its fingerprint. `reused`: one of a few that are shown again and again."""
    fingerprint = f"{world.between(1, 4) if reused else world.random.getrandbits(64):016x}"
    size = world.between(80_000, 2_000_000)
    return {
        "id": f"photo-{fingerprint[:8]}",
        "media_type": "image/jpeg",
        "bytes": size,
        "fingerprint": fingerprint,
    }


def handle(world: World, matter: Matter, resolved: bool) -> None:
    """The worker (or, where the desk took the case, the responsible unit) reports what was done."""
    by = matter.worker if matter.worker.startswith("person/") else world.responsible[matter.grid]
    data: dict[str, Any] = {"by": by, "resolved": resolved, "measures": world.pick(matter.topic.measures)}
    if world.chance() < 0.06:
        data["photos"] = [photo(world, reused=world.chance() < 0.3)]
    world.tell("case.handled", matter.subject, by, data, GRID)
