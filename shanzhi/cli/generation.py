"""`shanzhi generation` and `shanzhi diff`: which sets of tables there are, dropping old ones, comparing two."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from audit.generations import compare, drop_old, generations
from audit.generations import drop as drop_one
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.endpoints import find
from shanzhi.errors import CountsDiffer, SettingsRefused
from shanzhi.settings import read_settings

app = typer.Typer(help="各代表格：查看、删除 · Generations of tables: list, drop.", no_args_is_help=True)

_STATES = {
    "current": "现用 current",
    "followed": "有折叠 followed",
    "replaced": "已替换 replaced",
    "building": "重建中 building",
    "gone": "已不在 gone",
}
_Name = Annotated[str | None, typer.Argument(metavar="NAME", help="哪一代 · a generation")]
_Old = Annotated[bool, typer.Option("--old", help="全部已替换的 · all that were replaced")]
_Force = Annotated[bool, typer.Option("--force", help="即使还有别版进程写入 · even if workers of its folds may run")]
_Left = Annotated[str, typer.Argument(metavar="GEN_A")]
_Right = Annotated[str, typer.Argument(metavar="GEN_B")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出各代 · All generations, the oldest first."""
    found = generations(_database())
    if as_json:
        print_json([msgspec.to_builtins(one) for one in found])
        return
    columns = ("代 generation", "状态 state", "折叠 folds", "建于 made", "记录 records", "落后 behind", "MiB")
    rows = [
        (
            one.name,
            _STATES[one.state],
            f"{one.folds}{'' if one.is_of_these_folds else ' ≠'}",
            one.made_at,
            one.records,
            one.behind,
            round(one.bytes / 2**20, 1),
        )
        for one in found
    ]
    results.print(table("", columns, rows))


@app.command()
def drop(name: _Name = None, old: _Old = False, force: _Force = False, as_json: AsJson = False) -> None:
    """删除一代，现用的除外 · Drop one that readers do not see, or all that were replaced."""
    if (name is None) != old:
        raise SettingsRefused("给出一代或 --old · give a generation or --old", "shanzhi generation list")
    dropped = drop_old(_database()) if name is None else [name]
    if name is not None:
        drop_one(_database(), name, force=force)
    for one in dropped:
        tell(_database(), "generation_dropped", one)
    if as_json:
        print_json({"dropped": dropped})
    else:
        say(f"已删除 · dropped: {', '.join(dropped) or '无 none'}")


def diff(gen_a: _Left, gen_b: _Right, as_json: AsJson = False) -> None:
    """逐行比较两代的每张表 · Compare every table of two generations; exit code 9 where they differ."""
    compared = compare(_database(), gen_a, gen_b)
    told = [one.told(gen_a, gen_b) for one in compared.differences]
    if as_json:
        print_json({"equal": compared.equal, "tables": len(compared.digests), "differences": told})
    else:
        for line in told:
            results.print(line, markup=False)
        say(
            f"{len(compared.digests)} 张表相同 · tables, all equal"
            if compared.equal
            else f"{len(told)} / {len(compared.digests)} 张表不同 · tables differ"
        )
    if not compared.equal:
        raise typer.Exit(CountsDiffer.exit_code)


def _database() -> str:
    return find(read_settings(), kafka=False).database_url
