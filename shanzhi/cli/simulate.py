"""`shanzhi simulate`: a simulated county, published into the ledger or printed."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import orjson
import typer

from ledger.injected_time import time_of
from ledger.writer import Writer
from producers.simulator import Submitted
from shanzhi.cli.output import AsJson, print_json, progress, say
from shanzhi.cli.ways_in import publisher_of, ready
from shanzhi.feeding import Fed, Feeder
from shanzhi.scenarios import Asked, Story
from shanzhi.scenarios import scenario as named
from shanzhi.settings import read_settings

Seed = Annotated[int, typer.Option(min=0, help="同一种子得到同样的事件 · the same seed tells the same")]
Days = Annotated[int | None, typer.Option(min=1, max=3_650, help="模拟天数，默认 30 · simulated days, 366 for year")]
Scale = Annotated[float | None, typer.Option(min=0.01, max=1_000, help="默认 1 ≈ 每天 900 件 · 1 is about 900 a day")]
Scenario = Annotated[str, typer.Option(help="场景 · county, year or reports")]
_Start = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="第一天 · the first day")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="只打印，不发布 · print events as JSON lines")]


def simulate(
    scenario: Scenario = "county",
    seed: Seed = 1,
    days: Days = None,
    scale: Scale = None,
    start: _Start = None,
    dry_run: _DryRun = False,
    as_json: AsJson = False,
) -> None:
    """发布一个模拟的县 · Publish a simulated county, with repeats, late and broken ones."""
    story = named(scenario)(Asked(seed, days, scale, start.date() if start else None))
    if dry_run:
        _print(story)
        return
    settings = read_settings()
    endpoints = ready(settings)
    stamp_ms = time_of(endpoints.database_url).stamp_ms
    with publisher_of(settings, endpoints) as publisher, Writer(endpoints.kafka_bootstrap, stamp_ms=stamp_ms) as writer:
        feeder = Feeder(story, publisher, writer)
        with progress("模拟 · simulating", None) as show:
            fed = feeder.run(lambda so_far: show(so_far.records, so_far.last_time[:10]))
    _tell(fed, as_json)


def _print(simulation: Story) -> None:
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
