"""Cameras and notices: what was seen and who looked, what was sent and what did not arrive."""

from __future__ import annotations

from typing import Any

from producers.simulator.calendar import HOUR, MINUTE
from producers.simulator.matter import photo
from producers.simulator.world import GRID, Life, World

CAMERAS = 96
VIDEO, NOTICES = "video.zuoyun", "notice.zuoyun"
_KINDS = (
    *("blocked_passage",) * 4, *("littering",) * 4, *("crowd",) * 2, "fire", "thrown_object", "fall", "intrusion",
    "other",
)  # fmt: skip
_REASONS = ("光影误报", "正常装卸", "已自行离开", "重复预警")
_CHANNELS = ("log", "log", "log", "webhook", "webhook")


def alert(world: World) -> Life:
    """A camera sees something; a worker of that estate looks, mostly soon, and confirms or dismisses it."""
    number = world.between(1, CAMERAS + 1)
    camera, name = f"camera/zy-{number:03}", f"{world.seed}-{world.now}-{world.between(0, 1000)}"
    data: dict[str, Any] = {"alert": name, "kind": world.pick(_KINDS), "confidence": world.between(55, 100)}
    if world.chance() < 0.2:
        data["snapshot"] = photo(world)
    world.tell("camera.alerted", camera, camera, data, VIDEO)
    if world.chance() < 0.06:
        return  # nobody looks
    yield world.between(3 * MINUTE, 4 * HOUR)
    worker = world.workers[number % len(world.workers)][0]
    answer: dict[str, Any] = {"alert": name, "by": worker}
    is_true = world.chance() < 0.4
    if is_true and world.recent_cases and world.chance() < 0.7:
        answer["case"] = world.pick(world.recent_cases)
    elif not is_true:
        answer["reason"] = world.pick(_REASONS)
    world.tell("camera.confirmed" if is_true else "camera.dismissed", camera, worker, answer, GRID)
    if world.chance() < 0.02:
        again = {"alert": name, "by": worker}
        world.tell("camera.dismissed", camera, worker, again, GRID)  # a contradiction: answered twice


def notice(world: World) -> Life:
    """A worker or somebody of a unit is told of a case; what fails is tried again."""
    subject = world.new("notice")
    to = world.pick(world.pick(world.workers)) if world.chance() < 0.7 else world.resident() or world.pick_units(1)[0]
    about = world.pick(world.recent_cases) if world.recent_cases else "case/unknown"
    data: dict[str, Any] = {"to": to, "about": about, "channel": world.pick(_CHANNELS), "template": "case_dispatched"}
    yield 0
    if world.chance() < 0.06:
        failed = data | {"reason": "the channel did not answer"}
        world.tell("notice.failed", subject, "rule/notices", failed, NOTICES)
        yield world.between(MINUTE, HOUR)
        if world.chance() < 0.3:
            return
    world.tell("notice.sent", subject, "rule/notices", data, NOTICES)
