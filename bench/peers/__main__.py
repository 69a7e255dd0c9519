"""`python -m bench.peers`: the same cases through ours and its peers, and one table of ratios."""

from __future__ import annotations

import os
import platform
from typing import Annotated, Any

import msgspec
import psutil
import typer

from bench.peers import ours
from bench.peers.contenders import PEERS, Peer
from bench.peers.measured import Measured
from bench.peers.rounds import Summary, play, summaries
from bench.peers.scene import set_up
from ledger.errors import ShanzhiError
from shanzhi.cli.output import AsJson, print_json, results, say, say_error, table
from shanzhi.errors import CountsDiffer
from shanzhi.settings import read_settings
from shanzhi.signals import one_interrupt
from shanzhi.temporary import temporary

_Events = Annotated[int, typer.Option(min=1_000, max=10_000_000, help="events in the ledger")]
_Rounds = Annotated[int, typer.Option(min=1, max=20, help="how often each contender runs")]
_Names = Annotated[list[str] | None, typer.Option("--contender", help=f"one of {', '.join(p.name for p in PEERS)}")]
_COLUMNS = (
    "contender", "events/s", "min", "max", "live ÷", "rebuild ÷", "MiB", "own µs", "Kafka µs", "PostgreSQL µs",
    "others %", "right",
)  # fmt: skip


def main(events: _Events = 20_000, rounds: _Rounds = 3, contender: _Names = None, as_json: AsJson = False) -> None:
    """Every contender from a cold start, in rounds; ours always takes part."""
    wanted = _chosen(contender)
    settings = read_settings()
    try:
        with one_interrupt(), temporary(settings, keep_given=False) as own, set_up(own, events, say) as scene:
            runs = play(wanted, rounds, scene)
    except ShanzhiError as error:
        say_error(error)
        raise typer.Exit(error.exit_code) from None
    told = summaries(runs)
    if as_json:
        print_json(_figures(events, rounds, told, runs))
    else:
        results.print(table(f"{events:,} events, {rounds} rounds", _COLUMNS, [_row(one) for one in told]))
    if not all(one.is_right for one in told):
        say_error(CountsDiffer("not all contenders counted right", "See the differences: --json."))
        raise typer.Exit(CountsDiffer.exit_code)


def _chosen(names: list[str] | None) -> list[Peer]:
    known = {peer.name: peer for peer in PEERS}
    if unknown := [name for name in names or () if name not in known]:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}", param_hint="--contender")
    return [known[name] for name in names or known]


def _row(one: Summary) -> tuple[Any, ...]:
    low, middle, high = (round(rate) for rate in one.per_second)
    titles = {peer.name: peer.title for peer in PEERS}
    is_ours = one.contender in (ours.LIVE, ours.REBUILD)
    ratios = ("–", "–") if is_ours else (_ratio(one.live_ratios), _ratio(one.rebuild_ratios))
    costs = (one.peak_mib, one.own_us, one.kafka_us, one.postgres_us, one.elsewhere_percent)
    return titles.get(one.contender, one.contender), middle, low, high, *ratios, *map(round, costs), one.is_right


def _ratio(spread: tuple[float, float, float]) -> str:
    low, middle, high = spread
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def _figures(events: int, rounds: int, told: list[Summary], runs: list[Measured]) -> dict[str, Any]:
    memory_gib = round(psutil.virtual_memory().total / 2**30)
    machine = {"cpu_count": os.cpu_count(), "memory_gib": memory_gib, "python": platform.python_version()}
    return {
        "events": events,
        "rounds": rounds,
        "machine": machine,
        "contenders": [one._asdict() for one in told],
        "runs": msgspec.to_builtins(runs),
    }


if __name__ == "__main__":
    typer.run(main)
