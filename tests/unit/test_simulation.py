"""Seeds of the simulated pipe: whatever is killed between whichever steps, everything counts once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from typing import Any

import pytest

from tests.simulation.bugs import BUGS, Plant
from tests.simulation.world import Broken, World
from tests.soak import IS_SOAK

SEEDS = 100_000 if IS_SOAK else 1_000
STRETCHES = 10
FOUND_WITHIN_SEEDS = 400

MET = {
    "KILLED", "FROZEN", "FROZEN for long", "revoked", "seek", "wait for PostgreSQL", "read streams again",
    "commit the switch", "rebuild: commit the switch", "rebuild: swap the index", "rebuild: failed",
    "rebuild: once more", "decider: commit", "decider: ask again", "relay: mark", "relay: begins again",
    "clock: commit", "find a gateway", "wait until it has come up",
}  # fmt: skip
"""Points that seeds have to lead to, or they would prove little."""


@pytest.mark.parametrize("stretch", range(STRETCHES))
def test_seeds(stretch: int) -> None:
    met, size = Counter[str](), SEEDS // STRETCHES
    for seed in range(stretch * size, (stretch + 1) * size):
        world = World(seed)
        world.run()
        met.update(point for _, point in world.schedule.trace)
        met["records"] += len(world.broker.records)
    assert met.keys() >= MET, f"no seed led to {MET - met.keys()}"
    kills, steps = met["KILLED"], sum(met.values())
    print(f"{size} seeds, {met['records']} records, {steps} steps, {kills} kills: 0 lost, 0 doubled")


def test_one_seed() -> None:
    """The one that the environment names: `SEED=17 … -k one_seed -s` shows all of its steps."""
    world = World(int(os.environ.get("SEED", "0")))
    try:
        world.run()
    finally:
        print("\n".join(f"{number} {post}: {point}" for number, (post, point) in enumerate(world.schedule.trace)))


@pytest.mark.parametrize("plant, versions", BUGS)
def test_the_laws_see(plant: Plant, versions: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    for seed in range(FOUND_WITHIN_SEEDS):
        try:
            World(seed, versions).run()
        except Broken as broken:
            assert f"SEED={seed}" in str(broken)
            return
    raise AssertionError(f"{FOUND_WITHIN_SEEDS} seeds did not see it")


def test_a_seed_is_the_same_in_every_interpreter() -> None:
    """Also where sets and dictionaries are walked in another order."""
    here = [fingerprint(seed) for seed in range(8)]
    command = "from tests.unit import test_simulation as one; print(*map(one.fingerprint, range(8)))"
    environment = os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1].split() == here
    assert len(set(here)) == len(here)


def fingerprint(seed: int) -> str:
    """Of every step and every byte of the ledger."""
    world = World(seed)
    world.run()
    records: list[Any] = [sorted(world.broker.records.items()), world.schedule.trace]
    return sha256(repr(records).encode()).hexdigest()
