"""`shanzhi describe`: what can be published, from the catalogue itself."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.json import JSON

from ledger.describe import TypeDescription, all_types, describe_type
from shanzhi.cli.output import AsJson, print_json, results, table

_Type = Annotated[str | None, typer.Argument(metavar="[TYPE]", help="事件类型 · like case.whistled")]
_Sample = Annotated[bool, typer.Option("--sample", help="只输出可发布的样例 · only a sample")]


def describe(type_: _Type = None, sample: _Sample = False, as_json: AsJson = False) -> None:
    """列出事件类型，或说明一种 · List the event types, or explain one with its fields and a sample."""
    if type_ is None:
        rows = all_types()
        if as_json:
            print_json(rows)
            return
        shown = [(row.type, row.version, row.term, row.summary) for row in rows]
        results.print(table("事件类型 · event types", ("类型 type", "版本", "名称", "含义 meaning"), shown))
        return
    described = describe_type(type_)
    if sample:
        print_json(described.sample)
    elif as_json:
        print_json(described)
    else:
        _explain(described)


def _explain(described: TypeDescription) -> None:
    results.print(f"[bold]{described.type}[/]  {described.term} · {described.summary}")
    subjects = " | ".join(f"{kind}/…" for kind in described.subjects)
    results.print(f"subject: {subjects}  dataschema: {described.dataschema}")
    shown = [
        (
            field.name,
            field.type,
            "必填" if field.required else "可选",
            "密封" if field.personal else "",
            ", ".join(field.allowed) or field.limits,
        )
        for field in described.fields
    ]
    results.print(table("", ("字段 field", "类型 type", "必填", "个人信息", "限制 limits"), shown))
    results.print("样例 · sample:")
    results.print(JSON.from_data(described.sample))
