"""`shanzhi bench`: figures on real servers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shanzhi.cli.output import AsJson, print_json, progress, results, say, say_error, table
from shanzhi.errors import CountsDiffer
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt
from shanzhi.temporary import temporary

app = typer.Typer(help="实测 · Measure on real servers of their own.", no_args_is_help=True)

_Events = Annotated[int, typer.Option(min=1_000, max=50_000_000, help="积压的事件数 · events in the backlog")]
_Workers = Annotated[int, typer.Option(min=1, max=12, help="处理进程数 · worker processes")]
_Lanes = Annotated[int | None, typer.Option(min=1, max=12, help="每进程并行批次 · batches side by side")]


@app.callback()
def _bench() -> None:
    """Keeps `bench` a group while it has one command."""


@app.command()
def live(events: _Events = 200_000, workers: _Workers = 1, lanes: _Lanes = None, as_json: AsJson = False) -> None:
    """先积压再处理，计每秒事件数和内存峰值 · Read a backlog: events a second and peak memory of a worker."""
    settings = read_settings()
    if lanes is not None:
        settings = settings.model_copy(update={"lanes": lanes})
    with one_interrupt(), temporary(settings, keep_given=False) as own:
        figures = _measure(own, events, workers)
    if as_json:
        print_json(figures)
    else:
        rows = [(name, str(value)) for name, value in figures.items()]
        results.print(table("bench live", ("figure", "value"), rows))
    if not figures["exact"]:
        differences = f"Differences: {figures['differences']}"
        say_error(CountsDiffer("what was counted is not what was published", differences))
        raise typer.Exit(CountsDiffer.exit_code)


def _measure(settings: Settings, events: int, workers: int) -> dict[str, Any]:
    from shanzhi.bench.live import bench_live  # here: slow to import and seldom needed

    say(f"新的临时 Kafka 和 PostgreSQL · temporary servers in {settings.folder}")
    with progress("发布积压 · publishing the backlog", events) as bar:
        return bench_live(settings, events, workers, say, lambda fed: bar(fed.records, ""))
