"""`shanzhi rule`: which versions of the rules there are, and adopting one from a day on.

An adopted version is an event of the ledger: a period uses the version that was in force when it began.
"""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ledger.injected_time import time_of
from ledger.sealing import NoKeys
from ledger.submission import check
from producers import Publisher
from projections.family import SHANGHAI
from projections.read.rules import RuleRow
from projections.rules import Preset, RuleRefused, parse_preset
from shanzhi.announcing import DELIVERY_SECONDS
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.cli.show import answered
from shanzhi.endpoints import find, prepare
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings

app = typer.Typer(help="查看规则，启用新版本 · The rules, and adopting a version.", no_args_is_help=True)

SOURCE = "urn:shanzhi:rules"
BY = "unit/system"
_is_day = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII).match
_Rule = Annotated[str, typer.Argument(metavar="NAME", help="规则，如 three_rates · a rule")]
_By = Annotated[str, typer.Option(help="由谁决定（不透明编号）· who decided it, an opaque id")]
_File = Annotated[Path, typer.Argument(metavar="FILE.toml", exists=True, dir_okay=False, readable=True)]
_From = Annotated[str, typer.Option("--from", metavar="DATE", help="自哪一天起 · the first day, like 2024-07-01")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出全部规则版本 · Every version of every rule, the one in force marked."""
    _show(None, as_json)


@app.command()
def show(name: _Rule, as_json: AsJson = False) -> None:
    """一项规则的数值与出处 · The figures of a rule, each with its source."""
    found = _show(name, as_json, quiet=True)
    if as_json:
        return
    if not found:
        raise RuleRefused(f"没有规则“{name}” · no rule is named {name}", "shanzhi rule list")
    for row in found:
        shown = [(one.figure, _value(one.value), one.source) for one in row.figures]
        state = "现行 in force" if row.is_in_force else row.refused or "未启用 not in force"
        title = f"{row.title} · {row.rule} {row.name} {row.version} · {state}"
        results.print(table(title, ("数值 figure", "值 value", "出处 source"), shown))


@app.command()
def adopt(file: _File, from_: _From, by: _By = BY, as_json: AsJson = False) -> None:
    """校验后写入账本，自某日起生效 · Checks a version and tells the ledger from which day on it holds."""
    preset = parse_preset(file.read_text(encoding="utf-8", errors="replace"), file.name)
    settings = read_settings()
    endpoints = find(settings)
    prepare(endpoints, settings.replicas)
    times = time_of(endpoints.database_url)
    event = adoption(preset, _midnight(from_), by, times.now())
    with Publisher(endpoints.kafka_bootstrap, NoKeys(), times, delivery_seconds=DELIVERY_SECONDS) as publisher:
        receipt = publisher.publish(event)
    if as_json:
        print_json({"event": event, "receipt": msgspec.to_builtins(receipt)})
    else:
        say(f"已启用 · adopted {preset.rule} {preset.name} {preset.version}，自 from {from_}")


def adoption(preset: Preset[Any], effective_from: datetime, by: str, now: datetime) -> dict[str, Any]:
    """The event that adopts a version. Raises `EventRefused` where a way in would refuse it."""
    what = f"{preset.rule} {preset.name} {preset.version} {effective_from.isoformat()} {by} {now.isoformat()}"
    data = {
        "rule": preset.rule,
        "name": preset.name,
        "version": preset.version,
        "title": preset.title,
        "effective_from": effective_from.isoformat(),
        "parameters": msgspec.json.decode(preset.parameters_json),
        "sources": preset.sources,
    }
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, what)),
        "source": SOURCE,
        "type": "rule.adopted",
        "subject": f"rule/{preset.rule}",
        "time": now.isoformat(),
        "authid": by,
        "data": data,
    }
    check(event, now)
    return event


def _midnight(text: str) -> datetime:
    try:
        day = date.fromisoformat(text if _is_day(text) else "")
    except ValueError:
        remedy = "写成 2024-07-01 · Write it as 2024-07-01."
        raise SettingsRefused(f"日期不合规 · no day: {text}", remedy) from None
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _show(name: str | None, as_json: bool, *, quiet: bool = False) -> list[RuleRow]:
    answer = answered(find(read_settings(), kafka=False).database_url, "rules", {"rule": name})
    if as_json:
        print_json(msgspec.to_builtins(answer))
    elif not quiet:
        titles = RuleRow.titles
        shown = [[getattr(row, column) for column in titles] for row in answer]
        results.print(table("规则 · rules", list(titles.values()), shown))
    return answer.rows


def _value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
