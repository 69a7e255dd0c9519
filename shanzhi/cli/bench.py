"""`shanzhi bench`: figures on real servers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shanzhi.cli.output import AsJson, print_json, progress, results, say, say_error, table
from shanzhi.errors import CountsDiffer
from shanzhi.settings import Settings, read_settings
from shanzhi.signals import one_interrupt
from shanzhi.temporary import temporary

_NEW = "新的临时 Kafka 和 PostgreSQL · temporary servers in {}"
app = typer.Typer(help="实测 · Measure on real servers of their own.", no_args_is_help=True)

_Events = Annotated[int, typer.Option(min=1_000, max=50_000_000, help="积压的事件数 · events in the backlog")]
_Unit = Annotated[int, typer.Option(min=1_000, max=1_000_000, help="一段的事件数 · events of a stage")]
_Workers = Annotated[int, typer.Option(min=1, max=12, help="处理进程数 · worker processes")]
_Processes = Annotated[int, typer.Option(min=1, max=12, help="重建进程数 · processes that fold")]
_Lanes = Annotated[int | None, typer.Option(min=1, max=12, help="每进程并行批次 · batches side by side")]
_Singles = Annotated[int, typer.Option(min=1_000, max=1_000_000, help="逐条发送的事件数 · sent one by one")]
_Batched = Annotated[int, typer.Option(min=1_000, max=10_000_000, help="成批发送的事件数 · sent in batches")]
_Rate = Annotated[int, typer.Option(min=1, max=5_000, help="每秒事件数 · events a second")]
_Cases = Annotated[int, typer.Option("--rate", min=1, max=1_000, help="每秒诉求数 · cases a second")]
_Rows = Annotated[int, typer.Option(min=1_000, max=1_000_000, help="表的行数 · rows of the table")]
_Seconds = Annotated[int, typer.Option(min=5, max=3_600, help="时长（秒）· for so many seconds")]


@app.command()
def live(events: _Events = 200_000, workers: _Workers = 1, lanes: _Lanes = None, as_json: AsJson = False) -> None:
    """先积压再处理，计每秒事件数和内存峰值 · Read a backlog: events a second and peak memory of a worker."""
    settings = read_settings()
    if lanes is not None:
        settings = settings.model_copy(update={"lanes": lanes})
    with one_interrupt(), temporary(settings, keep_given=False) as own:
        figures = _measure(own, events, workers)
    _show("bench live", figures, as_json, figures["exact"], f"Differences: {figures['differences']}")


@app.command()
def rebuild(events: _Events = 300_000, processes: _Processes = 2, as_json: AsJson = False) -> None:
    """从账本重建并切换，计每秒事件数和内存峰值 · Make the tables anew: events a second, memory of all processes."""
    from shanzhi.bench.rebuild import bench_rebuild  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        with progress("发布积压 · publishing the backlog", events) as bar:
            figures = bench_rebuild(own, events, processes, say, lambda fed: bar(fed.records, ""))
    _show("bench rebuild", figures, as_json, figures["exact"], f"Differences: {figures['differences']}")


@app.command()
def gateway(singles: _Singles = 20_000, batched: _Batched = 60_000, as_json: AsJson = False) -> None:
    """网关每秒收多少：逐条（32 个连接）和每批 500 条 · Events a second through the gateway, worker running."""
    from shanzhi.bench.gateway import bench_gateway  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        figures = bench_gateway(own, singles, batched, say)
    _show("bench gateway", figures, as_json, figures["exact"], "See which events the ledger lacks.")


@app.command()
def latency(rate: _Rate = 300, seconds: _Seconds = 30, as_json: AsJson = False) -> None:
    """从确认到表中可见的毫秒数 · Milliseconds from an acknowledgement until the tables show the event."""
    from shanzhi.bench.latency import bench_latency  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        figures = bench_latency(own, rate, seconds, say)
    _show("bench latency", figures, as_json, figures["all_visible"], "See the worker's log.")


@app.command()
def dispatch(rate: _Cases = 100, seconds: _Seconds = 30, as_json: AsJson = False) -> None:
    """从诉求可见到派单可见的毫秒数 · Milliseconds from a case in the tables until its dispatch is there."""
    from shanzhi.bench.dispatch import bench_dispatch  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        figures = bench_dispatch(own, rate, seconds, say)
    _show("bench dispatch", figures, as_json, figures["exact"], "See the decider's and the relay's logs.")


@app.command()
def history(unit: _Unit = 60_000, as_json: AsJson = False) -> None:
    """1、10、50 倍历史之后还有多快 · Events a second of one worker behind 1, 10 and 50 times as many."""
    from shanzhi.bench.history import all_events, bench_history  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        with progress("发布 · publishing", all_events(unit)) as bar:
            figures = bench_history(own, unit, say, lambda fed: bar(fed.records, ""))
    _show("bench history", figures, as_json, figures["exact"], "See the worker's log.")


@app.command("import")
def import_(rows: _Rows = 50_000, as_json: AsJson = False) -> None:
    """12345 表每秒导入多少行，再导一次不增加 · Rows of a table imported a second; a second time adds nothing."""
    from shanzhi.bench.importing import bench_import  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        figures = bench_import(own, rows, say)
    _show("bench import", figures, as_json, figures["exact"], "See which rows the tables lack.")


@app.command("read")
def read_(seconds: _Seconds = 20, as_json: AsJson = False) -> None:
    """读接口、大屏和推送有多快（全年数据）· Read API, wall and changes, with the year scenario in the tables."""
    from shanzhi.bench.read import bench_read  # here: slow to import and seldom needed

    with one_interrupt(), temporary(read_settings(), keep_given=False) as own:
        say(_NEW.format(own.folder))
        figures = bench_read(own, seconds, say)
    _show("bench read", figures, as_json, figures["exact"], "See the dashboard's log.")


def _measure(settings: Settings, events: int, workers: int) -> dict[str, Any]:
    from shanzhi.bench.live import bench_live  # here: slow to import and seldom needed

    say(_NEW.format(settings.folder))
    with progress("发布积压 · publishing the backlog", events) as bar:
        return bench_live(settings, events, workers, say, lambda fed: bar(fed.records, ""))


def _show(title: str, figures: dict[str, Any], as_json: bool, is_exact: bool, remedy: str) -> None:
    """The figures, and exit code 9 where the counts are not right."""
    if as_json:
        print_json(figures)
    else:
        results.print(table(title, ("figure", "value"), [(name, str(value)) for name, value in figures.items()]))
    if not is_exact:
        say_error(CountsDiffer("what was counted is not what was published", remedy))
        raise typer.Exit(CountsDiffer.exit_code)
