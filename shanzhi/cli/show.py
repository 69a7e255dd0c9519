"""`shanzhi show`: what is true now, as tables or JSON. The names are those of `projections.read.read_models`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Annotated, Any

import msgspec
import typer

from audit.as_of import AsOf, named
from ledger.errors import StoreUnsound
from projections import read
from projections.store.connection import answering, connect
from projections.store.generation import current_generation
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.cli.shown import references, shown
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="表名；不写则列出全部 · none: lists all of them")]
Place = Annotated[str | None, typer.Option(help="地点及其下级 · with what is below: place/xicheng")]
Level = Annotated[str | None, typer.Option(help=f"按哪一级汇总 · rolled up to: {', '.join(read.LEVELS)}")]
Unit = Annotated[str | None, typer.Option(help="单位 · a unit, like unit/zy-001")]
Person = Annotated[str | None, typer.Option(help="人员 · a person, like person/zy-0001")]
Subject = Annotated[str | None, typer.Option(help="单个主体 · one subject, like case/7")]
Month = Annotated[str | None, typer.Option(help="时段 · 2024-05, 2024, 2024-05-11, 2024-03..2024-05")]
By = Annotated[list[str] | None, typer.Option(help="分组，可多次 · grouping, may be repeated: place, unit, month …")]
Tree = Annotated[str | None, typer.Option(help="today 今日区划 · then 当日区划, the tree of each day")]
Schema = Annotated[str | None, typer.Option(help="历史时点 · as of a moment that stands: shanzhi as-of --list")]
Limit = Annotated[int, typer.Option(min=1, max=read.MOST_ROWS, help="最多行数 · rows at most")]
ROWS = 20
_MISSING = ("42P01", "42883", "3F000")  # table, function, schema
_OPTION = {"period": "--month"}


def show(
    name: Name = None, place: Place = None, level: Level = None, unit: Unit = None, person: Person = None,
    subject: Subject = None, month: Month = None, by: By = None, tree: Tree = None, limit: Limit = ROWS,
    schema: Schema = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """查看台账、看板、考核、三率 · What is true now: `shanzhi show` lists the names, `shanzhi show NAME` shows one."""
    if name is None:
        _list(as_json)
        return
    model = read.read_model(name)
    asked = {
        "place": place, "level": level, "unit": unit, "person": person, "subject": subject, "period": month,
        "by": _grouping(model, by or None), "tree": tree,
    }  # fmt: skip
    given = {option: value for option, value in asked.items() if value is not None}
    assert_has(model, given)
    database_url = find(read_settings(), kafka=False).database_url
    moment = None if schema is None else named(database_url, schema)
    answer = answered(database_url, model.name, given | {"limit": limit}, moment)
    if as_json:
        print_json(msgspec.to_builtins(answer))
    else:
        _print(model.title, answer, _names(database_url, answer))


def _list(as_json: bool) -> None:
    models = read.read_models().values()
    if as_json:
        print_json([{"name": one.name, "title": one.title, "options": list(read.options_of(one))} for one in models])
        return
    rows = [(one.name, one.title, " ".join(_options(one))) for one in models]
    results.print(table("可查看的表 · read models", ("名称", "内容", "选项"), rows))


def _options(model: read.ReadModel) -> list[str]:
    return [_OPTION.get(one, f"--{one}") for one in read.options_of(model) if one in _COMMON]


_COMMON = ("place", "level", "unit", "person", "subject", "period", "by", "tree")


def _grouping(model: read.ReadModel, by: list[str] | None) -> list[str] | str | None:
    """A board takes several groupings, a question one word."""
    return by[-1] if by and isinstance(model, read.Question) else by


def assert_has(model: read.ReadModel, given: Mapping[str, Any]) -> None:
    """Raises `QuestionRefused` for an option that the read model does not have."""
    known = read.options_of(model)
    for option in given:
        if option not in known:
            raise read.QuestionRefused(
                f"{model.name}（{model.title}）没有选项 {_OPTION.get(option, f'--{option}')} · it has no such option",
                f"可用的有 · It has: {' '.join((*_options(model), '--limit', '--json'))}",
            )


def answered(
    database_url: str, name: str, options: Mapping[str, Any], moment: AsOf | None = None
) -> read.Answer[Any]:
    """A read model's answer, now or as of a moment that stands.

    Raises `OutcomeUnknown` where PostgreSQL is away, `StoreUnsound` where tables lack.
    """
    with answering(), closing(connect(database_url, "shanzhi show")) as connection, tables_there(connection):
        generation = moment.schema if moment else current_generation(connection)
        if moment and "as_of" in read.options_of(read.read_model(name)):
            options = {"as_of": moment.time, **options}
        return read.named(connection, generation, name, **options)


@contextmanager
def tables_there(connection: Any) -> Iterator[None]:
    """Turns the error of PostgreSQL for a table or function that is missing into `StoreUnsound`."""
    try:
        yield
    except connection.ProgrammingError as error:
        if error.pgcode not in _MISSING:
            raise
        raise StoreUnsound(
            f"数据库里缺少所需的表 · the database lacks what this needs ({error.diag.message_primary})",
            "启动新版处理进程即可补上 · Start a worker of this version, it makes them: shanzhi up",
        ) from error


def _names(database_url: str, answer: read.Answer[Any]) -> Mapping[str, str]:
    with closing(connect(database_url, "shanzhi show")) as connection:
        return read.names_of(connection, answer.generation, references(answer.rows))


def _print(title: str, answer: read.Answer[Any], names: Mapping[str, str]) -> None:
    period = f" {answer.period.first} – {answer.period.last}" if answer.period else ""
    rules = "".join(f" · {rule.title} {rule.version}" for rule in answer.rules)
    if not answer.rows:
        say(f"{title}{period}: 没有记录 · nothing{'（另一个月份？--month 2024-03）' if answer.period else ''}")
        return
    titles = type(answer.rows[0]).titles
    rows = [shown(row, names) for row in answer.rows]
    results.print(table(f"{title}{period}{rules}", list(titles.values()), rows))
    if answer.is_cut:
        say(f"还有更多，加 --limit · there are more rows than {len(answer.rows)}")
    if answer.freshness and answer.freshness.missed_publishers:
        missed = answer.freshness.missed_publishers
        say(f"漏报 · {missed} publishers have fallen silent: shanzhi show publishers")
