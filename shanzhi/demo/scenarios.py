"""What `demo --once` can publish, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from producers.simulator import Simulation
from producers.simulator.simulation import START
from shanzhi.errors import SettingsRefused


class Asked(NamedTuple):
    """How a scenario is to be played; `registry`: whether the county is registered first."""

    seed: int
    days: int
    scale: float
    registry: bool


def _county(asked: Asked) -> Simulation:
    """左云县 with all its families, repeats, late events and a few broken records."""
    return Simulation(asked.seed, asked.days, asked.scale, START, registry=asked.registry)


SCENARIOS: dict[str, Callable[[Asked], Simulation]] = {"county": _county}


def scenario(name: str) -> Callable[[Asked], Simulation]:
    """Raises `SettingsRefused` with the list for an unknown name."""
    if name not in SCENARIOS:
        known = ", ".join(sorted(SCENARIOS))
        raise SettingsRefused(f"没有这个场景 · no scenario {name}", f"可选 · choose one of: {known}.")
    return SCENARIOS[name]
