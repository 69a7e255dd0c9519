"""`shanzhi demo`: everything at once, to look at; with `--once` one scenario, checked to the last event."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from projections.read.reports import ReportRow
from shanzhi.cli.output import AsJson, print_json, reporting, results, say, say_error, table
from shanzhi.cli.simulate import Days, Scale, Scenario
from shanzhi.cli.up import Count
from shanzhi.demo.live import run_live
from shanzhi.demo.once import Outcome, run_once
from shanzhi.errors import CountsDiffer, SettingsRefused
from shanzhi.scenarios import Asked
from shanzhi.scenarios import scenario as named
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt
from shanzhi.temporary import temporary

_Once = Annotated[bool, typer.Option("--once", help="跑一个场景、对账、退出 · one scenario, then end")]
_Seed = Annotated[int | None, typer.Option(min=0, help="--once 的种子 · by default 1, elsewhere new")]
_Rate = Annotated[int, typer.Option(min=1, max=2_000, help="每秒事件数 · events a second, without --once")]


def demo(
    once: _Once = False,
    scenario: Scenario = "county",
    seed: _Seed = None,
    days: Days = None,
    scale: Scale = None,
    rate: _Rate = 200,
    workers: Count = 1,
    as_json: AsJson = False,
) -> None:
    """启动一切，看数字变化 · Everything at once, with tables that change until Ctrl-C."""
    named(scenario)
    settings = read_settings()
    if once:
        named(scenario)(Asked(0, days, scale))  # what it refuses is said before anything starts
        if seed is None:
            seed = secrets.randbelow(10**9) if settings.kafka_bootstrap or settings.given_database else 1
        _once(settings, scenario, Asked(seed, days, scale), workers, as_json)
        return
    if as_json:
        raise SettingsRefused("--json needs an end to report", "Add --once.")
    try:
        with one_interrupt():
            run_live(settings, workers, rate)
    except KeyboardInterrupt:
        say("已停止，数据已保留 · stopped, data kept; another run goes on from here")


def _once(settings: Settings, name: str, asked: Asked, workers: int, as_json: bool) -> None:
    with one_interrupt(), temporary(settings) as own, reporting("演示 · demo") as report:
        outcome = run_once(own, named(name), asked, workers, report, with_reports=name == "reports")
    figures = {"scenario": name, "seed": asked.seed, **outcome.as_dict(), "workers": workers}
    if as_json:
        print_json(figures)
    else:
        rows = [(figure, str(value)) for figure, value in figures.items() if figure != "reports"]
        results.print(table("demo --once", ("figure", "value"), rows))
        if outcome.reports:
            told = [[getattr(row, name) for name in row.titles] for row in outcome.reports]
            results.print(table("两份报告的数字", list(ReportRow.titles.values()), told))
    if not outcome.exact:
        say_error(_differing(outcome))
        raise typer.Exit(CountsDiffer.exit_code)


def _differing(outcome: Outcome) -> CountsDiffer:
    fed, counted = outcome.fed, outcome.counted
    published = f"{fed.published} + {fed.repeats} repeats + {fed.planted.total()} broken"
    found = f"{counted.indexed} + {counted.repeats} repeats + {counted.quarantined} quarantined"
    return CountsDiffer(
        f"发布与统计不一致 · published {published}, counted {found}, gaps {counted.gaps}",
        "; ".join([*outcome.verified.told(), *_unlike(outcome)])
        or "The tables equal the ledger: did somebody else publish meanwhile, or this seed before?",
    )


def _unlike(outcome: Outcome) -> list[str]:
    """The figures of the reports that the tables don't bear out."""
    return [f"{row.figure}: {row.projection}, {row.matcher}" for row in outcome.reports or () if not row.equal]
