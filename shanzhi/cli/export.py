"""`shanzhi export`: the ledger as files, for analysts; and audit packs 审计包, one zip that proves itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from audit.bulk import Selection
from audit.bulk import export as export_events
from audit.moment import parse_moment
from audit.pack import About, about_case, about_place, about_unit, pack
from projections.read import parse_period
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, print_json, progress, say
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings
from shanzhi.stack import Endpoints

_Period = Annotated[str | None, typer.Option(help="时段 · 2024-05, 2024, 2024-05-11, 2024-03..2024-05")]
_All = Annotated[bool, typer.Option("--all", help="全部账本 · the whole ledger")]
_Type = Annotated[str | None, typer.Option("--type", help="只要此类事件 · one event type: case.rated")]
_To = Annotated[Path, typer.Option("--to", file_okay=False, help="写入的文件夹 · the folder to write to")]
_Parquet = Annotated[bool, typer.Option("--parquet", help="供分析软件 · columnar, for analysis")]
_Csv = Annotated[bool, typer.Option("--csv", help="供电子表格 · for spreadsheets, with a byte order mark")]
_Quarantine = Annotated[
    bool, typer.Option("--with-quarantine", help="连同隔离记录的位置和原因 · also where records set aside stand")
]
_Case = Annotated[str | None, typer.Option(help="一件事的审计包 · an audit pack of a case: case/7")]
_Unit = Annotated[str | None, typer.Option(help="单位在时段内的审计包 · of a unit over the period: unit/zy-001")]
_Place = Annotated[str | None, typer.Option(help="地点及其下级的审计包 · of a place and all below: place/xicheng")]
_AsOf = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="结果截至 · results as of this time")]
_REMEDY = (
    "例如 · For example: shanzhi export --period 2024-05 --parquet; shanzhi export --case case/7; "
    "shanzhi export --unit unit/zy-001 --period 2024-03"
)


def export(
    period: _Period = None, all_: _All = False, type_: _Type = None, to: _To = Path(), parquet: _Parquet = False,
    csv: _Csv = False, with_quarantine: _Quarantine = False, case: _Case = None, unit: _Unit = None,
    place: _Place = None, as_of: _AsOf = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """导出账本（Parquet、CSV），或审计包（一件事、单位、地点）· The ledger as files, or an audit pack of a matter."""
    asked = [one for one in (case, unit, place) if one]
    if len(asked) > 1 or (asked and (parquet or csv or all_ or type_ or with_quarantine)):
        raise SettingsRefused("选项不能同时使用 · these options don't go together", _REMEDY)
    if asked:
        endpoints = find(read_settings())
        _pack(endpoints, _about(endpoints, case, unit, place, period), to, as_of, as_json)
    elif parquet == csv or bool(period) == all_ or as_of:
        raise SettingsRefused("请选定时段和格式 · a period (or --all) and one format are needed", _REMEDY)
    else:
        _bulk(Selection(parse_period(period) if period else None, type_, with_quarantine), parquet, to, as_json)


def _bulk(selection: Selection, parquet: bool, to: Path, as_json: bool) -> None:
    endpoints, began = find(read_settings()), time.monotonic()
    tell(endpoints.database_url, "exported", str(to), events=str(selection.period or "all"), type=selection.type)
    with progress("导出 · exporting", None) as show:
        path, done = export_events(
            endpoints.kafka_bootstrap, endpoints.database_url, selection, "parquet" if parquet else "csv", to,
            lambda read, total: show(read, f"/ {total}"),
        )  # fmt: skip
    seconds = time.monotonic() - began
    if as_json:
        print_json({"file": str(path), **done._asdict(), "seconds": round(seconds, 2), "bytes": path.stat().st_size})
        return
    say(f"已写入 · written {path}: {done.events} 条事件 events ({seconds:.1f} s)")
    if selection.with_quarantine:
        say(f"隔离记录 · set aside: {done.quarantined}")


def _pack(endpoints: Endpoints, about: About, to: Path, as_of: str | None, as_json: bool) -> None:
    at = parse_moment(as_of, "--as-of", day_ends=True) if as_of else None
    tell(endpoints.database_url, "exported", str(to), pack=about.subject)
    with progress("审计包 · audit pack", None) as show:
        path, packed = pack(
            endpoints.kafka_bootstrap, endpoints.database_url, about, to, at,
            lambda read, total: show(read, f"/ {total}"),
        )  # fmt: skip
    if as_json:
        print_json({"file": str(path), **packed._asdict(), "bytes": path.stat().st_size})
        return
    say(f"已写入 · written {path}: {packed.events} 条事件 events, {packed.proven} 条有封存证明 proven")
    if packed.unsealed:
        say(f"{packed.unsealed} 条尚未封存 · are in no seal yet: shanzhi seal now, 然后再导出 · then export again")
    if packed.withheld:
        say(f"{packed.withheld} 条内容无法确认已加密，未列入 · left out, nobody could check that they are sealed")


def _about(endpoints: Endpoints, case: str | None, unit: str | None, place: str | None, period: str | None) -> About:
    if case is not None:
        if period is not None:
            raise SettingsRefused("一件事不分时段 · a case has no period: all of it is packed", _REMEDY)
        return about_case(case)
    if period is None:
        raise SettingsRefused("单位和地点需要时段 · a unit or place needs a period", _REMEDY)
    if unit is not None:
        return about_unit(unit, parse_period(period))
    return about_place(endpoints.database_url, place or "", parse_period(period))
