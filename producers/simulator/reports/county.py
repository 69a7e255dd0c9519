"""The ground that both counties stand on: places, units and people, registered in the same words."""

from __future__ import annotations

from typing import Any

from producers.simulator.names import GIVEN, SURNAMES
from producers.simulator.reports.script import Script, turn

CENTRES = {"hy24": (113.69, 39.70), "zy24": (112.70, 40.01)}
_STEP_DEGREES = 0.004


def place(script: Script, name: str | int, title: str, level: str, parent: str | None, **more: Any) -> str:
    """Registers a place; returns its subject."""
    subject = script.id("place", name)
    data = {"name": title, "level": level, **({"parent": parent} if parent else {}), **more}
    script.register("place.registered", subject, parent or subject, data)
    return subject


def centre(script: Script, number: int) -> dict[str, float]:
    """A point of the county for the number-th of its estates, row by row."""
    longitude, latitude = CENTRES[script.stem]
    row, column = divmod(number, 10)
    return {
        "longitude": round(longitude + (column - 5) * _STEP_DEGREES, 5),
        "latitude": round(latitude + (row - 4) * _STEP_DEGREES, 5),
    }


def unit(script: Script, name: str | int, title: str, kind: str, by: str) -> str:
    """Registers a unit; returns its subject."""
    subject = script.id("unit", name)
    script.register("unit.registered", subject, by, {"name": title, "kind": kind})
    return subject


def person(script: Script, name: str | int, roles: list[str], by: str, **more: Any) -> str:
    """Registers somebody under an invented name; returns the subject."""
    subject = script.id("person", name)
    script.register("person.registered", subject, by, {"name": _name(name), "roles": roles, **more})
    return subject


def _name(name: str | int) -> str:
    number = sum(ord(letter) * 31**place for place, letter in enumerate(str(name))) % 99_991
    return str(turn(SURNAMES, number)) + str(turn(GIVEN, number // 24)) + str(turn(GIVEN, number // 700))
