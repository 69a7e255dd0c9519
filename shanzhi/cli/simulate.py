"""`shanzhi simulate`: a simulated county, published into the ledger or printed."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from typing import Annotated

import orjson
import typer

from ledger.writer import Writer
from producers.simulator import Simulation, Submitted
from producers.simulator.simulation import START
from shanzhi.cli.output import AsJson, print_json, progress, say
from shanzhi.cli.ways_in import publisher_of, ready
from shanzhi.errors import SettingsRefused
from shanzhi.feeding import Fed, Feeder
from shanzhi.settings import read_settings

Seed = Annotated[int, typer.Option(min=0, help="同一种子得到同样的事件 · the same seed tells the same")]
Days = Annotated[int, typer.Option(min=1, max=3_650, help="模拟天数 · simulated days")]
Scale = Annotated[float, typer.Option(min=0.01, max=1_000, help="1 ≈ 30 天 10,000 件 · 1 is 10,000 in 30 days")]
_Start = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="第一天 · the first day", show_default=str(START))]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="只打印，不发布 · print events as JSON lines")]
_FIRST = datetime.combine(START, datetime.min.time())


def simulate(
    seed: Seed = 1,
    days: Days = 30,
    scale: Scale = 1.0,
    start: _Start = _FIRST,
    dry_run: _DryRun = False,
    as_json: AsJson = False,
) -> None:
    """发布一个模拟的县 · Publish a simulated county, with repeats, late and broken ones."""
    simulation = simulated(seed, days, scale, start.date())
    if dry_run:
        _print(simulation)
        return
    settings = read_settings()
    endpoints = ready(settings)
    with publisher_of(settings, endpoints) as publisher, Writer(endpoints.kafka_bootstrap) as writer:
        feeder = Feeder(simulation, publisher, writer)
        with progress("模拟 · simulating", None) as show:
            fed = feeder.run(lambda so_far: show(so_far.records, so_far.last_time[:10]))
    _tell(fed, as_json)


def simulated(seed: int, days: int, scale: float, start: date = START) -> Simulation:
    """The simulation. Raises `SettingsRefused` where it would reach into the future."""
    last = start + timedelta(days=days)
    if last > date.today():
        raise SettingsRefused(
            f"--start {start} and --days {days} end on {last}, which is to come",
            f"Give fewer days, or --start {date.today() - timedelta(days=days)}.",
        )
    return Simulation(seed, days, scale, start)


def _print(simulation: Simulation) -> None:
    for arrival in simulation:
        if isinstance(arrival, Submitted):
            sys.stdout.buffer.write(orjson.dumps(arrival.event) + b"\n")
    sys.stdout.buffer.flush()
    left_out = simulation.planted.total()
    say(f"{simulation.published} events, {simulation.repeats} repeats; {left_out} broken records left out")


def _tell(fed: Fed, as_json: bool) -> None:
    planted = fed.planted.total()
    if as_json:
        counts = {"published": fed.published, "repeats": fed.repeats, "planted": planted}
        print_json({**counts, "reasons": fed.planted})
    else:
        say(f"已发布 · published {fed.published}, 重复 · repeats {fed.repeats}, 坏记录 · broken {planted}")
