"""`shanzhi period`: closing a period of a place, showing what was published, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Annotated, Any

import msgspec
import typer

from audit.closing import SECONDS, Published, known_now, prepare, published, refolded
from audit.figures import COLUMNS, Figures, decoded, digest
from audit.restatement import Restated, restatements
from ledger.errors import StoreUnsound
from ledger.injected_time import time_of
from ledger.sealing import NoKeys
from producers import Publisher
from projections import read
from projections.families import fingerprint
from projections.read import QuestionRefused
from projections.read.snapshot import Snapshot, snapshot
from projections.store.connection import answering, connect
from projections.store.generation import current_of
from shanzhi.announcing import DELIVERY_SECONDS
from shanzhi.cli.output import AsJson, cell, print_json, progress, results, say, table
from shanzhi.cli.show import ROWS, Limit, tables_there
from shanzhi.endpoints import find
from shanzhi.endpoints import prepare as prepare_servers
from shanzhi.errors import CountsDiffer
from shanzhi.settings import read_settings

app = typer.Typer(help="考核期结账：公布、查看、变动 · Closing periods of places.", no_args_is_help=True)

BY = "unit/system"
_ROWS: Mapping[str, type[read.Row]] = {
    "units": read.UnitRow, "rates": read.RatesRow, "grids": read.GridRow, "workers": read.WorkerRow,
}  # fmt: skip
_CAUSES_SHOWN = 5

_Place = Annotated[str, typer.Argument(metavar="PLACE", help="地点及其下级 · a place with what is below: place/zuoyun")]
_Period = Annotated[str, typer.Argument(metavar="PERIOD", help="整月 · whole months: 2024-03, 2024-01..2024-03")]
_By = Annotated[str, typer.Option(help="由谁结账（不透明编号）· who closes it, an opaque id")]
_Published = Annotated[bool, typer.Option("--as-published", help="按公布时 · as it was published (default)")]
_Now = Annotated[bool, typer.Option("--as-known-now", help="按现在所知 · by all that is known by now")]


@app.command()
def close(place: _Place, period: _Period, by: _By = BY, as_json: AsJson = False) -> None:
    """结账：公布数字、依据位置与摘要 · Publishes figures, the cut that they rest on and their SHA-256, once."""
    settings = read_settings()
    endpoints = find(settings)
    prepare_servers(endpoints, settings.replicas)
    made = prepare(endpoints.database_url, place, period, by)
    times = time_of(endpoints.database_url)
    with Publisher(endpoints.kafka_bootstrap, NoKeys(), times, delivery_seconds=DELIVERY_SECONDS) as publisher:
        receipt = publisher.publish(made.event)
    data = made.event["data"]
    if as_json:
        print_json({"event": made.event, "receipt": msgspec.to_builtins(receipt), "is_resent": made.is_resent})
        return
    if made.is_resent:
        say("上次结账的结果不明，同一事件已重发 · the outcome of a closing was unknown: the same event was sent again")
    position = f"{receipt.partition}:{receipt.offset}"
    say(f"已结账 · closed {place} {period}，依据 {sum(data['cut'])} 条 · records，位置 · at {position}")
    say(f"SHA-256 {data['sha256']}")


@app.command()
def show(
    place: _Place, period: _Period, as_published: _Published = False, as_known_now: _Now = False,
    limit: Limit = ROWS, as_json: AsJson = False,
) -> None:  # fmt: skip
    """查看公布的数字，或按现在所知重算 · The figures as published, or by all that is known by now."""
    if as_published and as_known_now:
        raise QuestionRefused("两者只能选一 · one of the two", "--as-published 或 · or --as-known-now")
    with _closed(place, period) as (closed, tables, generation):
        made = known_now(tables, generation, closed) if as_known_now else _bytes_of(closed)
    if as_json:
        print_json(_told(closed) | {"figures": msgspec.to_builtins(made)})
        return
    way = "按现在所知 · as known now" if as_known_now else "按公布时 · as published"
    say(f"{place} {period} {way}，{cell(closed.closed_at)} 由 {closed.closed_by} 结账")
    _print(made, limit)
    same = digest(made.encoded()) == closed.sha256
    say(f"SHA-256 {digest(made.encoded())}{'，与公布的一致 · as published' if same else '，与公布的不同 · restated'}")


@app.command()
def prove(place: _Place, period: _Period, as_json: AsJson = False) -> None:
    """把总账重新折叠到结账位置，核对摘要 · Folds the ledger up to the cut: are these the figures? Exit code 9: no."""
    endpoints = find(read_settings())
    with _closed(place, period) as (closed, _, _):
        pass
    with progress("折叠总账 · folding the ledger", None) as bar:
        found = refolded(
            endpoints.database_url, endpoints.kafka_bootstrap, closed, lambda done, total: bar(done, f"/ {total}")
        )
    if as_json:
        print_json(_told(closed) | {"refolded_sha256": found, "is_equal": found == closed.sha256})
    if found != closed.sha256:
        raise CountsDiffer(
            f"重新折叠得到另一摘要 · a fold up to the cut has another SHA-256: {found}, published {closed.sha256}",
            "程序已换版本？用当时的版本核对 · Was the program changed? Check with the version that closed it.",
        )
    if not as_json:
        say(f"一致 · equal：{sum(closed.cut.values())} 条 · records → SHA-256 {found}")


@app.command("restatements")
def restatements_(place: _Place, period: _Period, as_json: AsJson = False) -> None:
    """结账之后变动了什么、因何变动 · What is otherwise by now than it was published, and the events that caused it."""
    endpoints = find(read_settings())
    with _closed(place, period) as (closed, tables, generation):
        before, now = _bytes_of(closed), known_now(tables, generation, closed)
    with (
        answering(),
        closing(connect(endpoints.database_url, "shanzhi period")) as connection,
        progress("查找原因 · looking for causes", None) as bar,
    ):
        found = restatements(
            connection, generation, endpoints.kafka_bootstrap, before, now, closed.cut,
            lambda done, total: bar(done, f"/ {total}"),
        )  # fmt: skip
    if as_json:
        print_json(_told(closed) | {"restated": msgspec.to_builtins(found)})
        return
    if not found:
        say(f"{place} {period} 自结账以来没有变动 · nothing was restated since it was closed")
        return
    for one in found:
        _print_restated(one)


@contextmanager
def _closed(place: str, period: str) -> Iterator[tuple[Published, Snapshot, str]]:
    """The closed period with one state of the current tables."""
    database_url = find(read_settings(), kafka=False).database_url
    with (
        answering(),
        closing(connect(database_url, "shanzhi period", transaction_timeout=SECONDS)) as connection,
        tables_there(connection),
        snapshot(connection) as tables,
        tables.cursor() as cursor,
    ):
        generation = current_of(cursor, fingerprint())
        yield published(cursor, generation, place, period), tables, generation


def _bytes_of(closed: Published) -> Figures:
    if closed.figures is None:
        raise StoreUnsound(
            f"{closed.place} {closed.period} 公布的数字已不在数据库 · the published figures are lost",
            "从备份恢复 · Restore the permanent schemas from a backup.",
        )
    return decoded(closed.figures)


def _told(closed: Published) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(closed)
    return {name: value for name, value in told.items() if name != "figures"}


def _print(made: Figures, limit: int) -> None:
    for name, rows in made.rows.items():
        titles = {
            column: title for column, title in _ROWS[name].titles.items() if column in ("subject", *COLUMNS[name])
        }
        listed = [[_cell(row, column) for column in titles] for row in rows[:limit]]
        results.print(table(read.read_model(name).title, list(titles.values()), listed))
        if len(rows) > limit:
            say(f"还有 {len(rows) - limit} 行，加 --limit 或 --json · there are more rows")


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if isinstance(value, list):
        return "、".join(f"{read.word(one['indicator'], 'indicator')} {cell(one['points'])}" for one in value)
    return f"{cell(value)}（合计）" if column == "subject" and row.get("is_overall") else cell(value)


def _exactly(value: Any) -> str:
    """With all digits: two that differ never look the same."""
    return cell(value) if value is None or isinstance(value, bool | str) else f"{value:.10g}"


def _print_restated(one: Restated) -> None:
    model = read.read_model(one.model)
    rows = [(change.field, _exactly(change.published), _exactly(change.now)) for change in one.changes]
    results.print(table(f"{model.title} · {one.subject}", ("数字 figure", "公布 published", "现在 now"), rows))
    if not one.causes:
        say("  本行无新事件，因他人的数字变动 · no events of its own: others changed, on whom ranks depend")
    for cause in one.causes[:_CAUSES_SHOWN]:
        say(
            f"  因 · because {read.word(cause.type)} {cause.subject}，{cell(cause.happened)} 发生 · happened，"
            f"{cell(cause.recorded)} 入账 · recorded，{cause.position}"
        )
    if (more := one.causes_in_all - _CAUSES_SHOWN) > 0:
        say(f"  还有 {more} 条，见 --json · and {more} more")
