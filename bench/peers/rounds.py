"""All contenders one after the other, round after round, so that what else the machine does hits all alike."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from bench.peers import ours, theirs
from bench.peers.contenders import Peer
from bench.peers.measured import Measured
from bench.peers.scene import Scene


class Summary(NamedTuple):
    """A contender over its rounds: lowest, median, highest. `ratios` are ours / theirs of the same round."""

    contender: str
    per_second: tuple[float, float, float]
    live_ratios: tuple[float, float, float]
    rebuild_ratios: tuple[float, float, float]
    peak_mib: float
    own_us: float
    kafka_us: float
    postgres_us: float
    elsewhere_percent: float
    is_right: bool


def play(peers: Sequence[Peer], rounds: int, scene: Scene) -> list[Measured]:
    """Every contender once a round; each round begins with another one."""
    runs: list[Measured] = []
    for number in range(1, rounds + 1):
        turn = (number - 1) % (len(peers) + 1)
        order = [None, *peers]
        for peer in (*order[turn:], *order[:turn]):
            made = [theirs.run(peer, number, scene)] if peer else ours.run(number, scene)
            for one in made:
                wrong = f", {one.differences[0]}" if one.differences else ""
                busy = f"others used {one.elsewhere_percent} % of the machine"
                scene.report(f"{number}/{rounds} {one.contender}: {one.per_second:,.0f}/s, {busy}{wrong}")
            runs += made
    return runs


def summaries(runs: Sequence[Measured]) -> list[Summary]:
    """One a contender, in the order of their first run of all."""
    names = dict.fromkeys(one.contender for one in runs)
    return [_summary(name, [one for one in runs if one.contender == name], runs) for name in names]


def _summary(name: str, own: Sequence[Measured], runs: Sequence[Measured]) -> Summary:
    rates = {(one.contender, one.round): one.per_second for one in runs}
    live, rebuilt = ([rates[which, one.round] / one.per_second for one in own] for which in (ours.LIVE, ours.REBUILD))
    return Summary(
        name,
        _spread([one.per_second for one in own]),
        _spread(live),
        _spread(rebuilt),
        max(one.peak_mib for one in own),
        median(one.own_us_per_event for one in own),
        median(one.kafka_us_per_event for one in own),
        median(one.postgres_us_per_event for one in own),
        median(one.elsewhere_percent for one in own),
        not any(one.differences for one in own),
    )


def _spread(numbers: Sequence[float]) -> tuple[float, float, float]:
    return min(numbers), median(numbers), max(numbers)
