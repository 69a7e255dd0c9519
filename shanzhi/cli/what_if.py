"""`shanzhi what-if`: what a version of a rule would change, before anybody adopts it. Writes nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from audit.what_if import Move, WhatIf
from audit.what_if import what_if as compare
from projections.read import parse_period
from projections.rules import parse_preset
from projections.store.connection import answering, connect
from projections.store.now import now_of
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.cli.rule import BY, adoption
from shanzhi.cli.show import ROWS, Limit, Place, tables_there
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

_File = Annotated[Path, typer.Option("--rule", metavar="FILE.toml", exists=True, dir_okay=False, readable=True)]
_Month = Annotated[str, typer.Option(help="时段 · 2024-03, 2024, 2024-03..2024-05")]
_SIDES = {"ongoing": "日常", "final": "最终", "rates": "三率", "month": "月"}


def what_if(rule: _File, period: _Month, place: Place = None, limit: Limit = ROWS, as_json: AsJson = False) -> None:
    """规则试算：启用前看得分和名次怎么变 · Scores and ranks under another version of a rule; nothing is written."""
    proposed = parse_preset(rule.read_text(encoding="utf-8", errors="replace"), rule.name)
    days = parse_period(period)
    database_url = find(read_settings(), kafka=False).database_url
    connecting = closing(connect(database_url, "shanzhi what-if", transaction_timeout="0"))
    with answering(), connecting as connection, tables_there(connection):
        with connection, connection.cursor() as cursor:
            now = now_of(cursor)
        adoption(proposed, days.starts, BY, now)  # what could not be adopted is refused here in the same words
        found = compare(connection, proposed, days, now, place)
    if as_json:
        is_cut = found.is_cut or len(found.rows) > limit
        print_json(msgspec.to_builtins(msgspec.structs.replace(found, rows=found.rows[:limit], is_cut=is_cut)))
    else:
        _print(found, limit)


def _print(found: WhatIf, limit: int) -> None:
    sides = list(found.rows[0].moves) if found.rows else []
    columns = ["编号", "名称"]
    for side in sides:
        name = _SIDES[side]
        columns += [f"{name}得分", "试算", "Δ"]
        columns += [f"{name}名次", "Δ 名次", f"{name}等次"] if side in ("ongoing", "final") else []
    rows = [
        [row.subject or "全县", row.name, *(value for side in sides for value in _cells(side, row.moves[side]))]
        for row in found.rows[:limit]
    ]
    now, then = found.in_force, found.proposed
    days = f"{found.period.first} – {found.period.last}"
    title = f"{now.title} {now.name} {now.version} → {then.name} {then.version} {days}"
    results.print(table(title, columns, rows))
    say(f"{found.changed} / {len(found.rows)} 有变化，未写入任何内容 · changed; nothing was written")
    if len(found.rows) > limit or found.is_cut:
        say(f"还有更多，加 --limit · there are more rows than {min(limit, len(found.rows))}")


def _cells(side: str, move: Move) -> list[object]:
    told: list[object] = [move.before, move.after, _signed(move.delta)]
    if side in ("ongoing", "final"):
        ranks = move.rank_before if move.rank_before == move.rank_after else f"{move.rank_before} → {move.rank_after}"
        grades = move.grade_before
        if move.grade_after != move.grade_before:
            grades = f"{move.grade_before or '–'} → {move.grade_after or '–'}"
        told += [ranks, _signed(move.rank_delta), grades]
    return told


def _signed(value: float | None) -> str | None:
    return None if value is None else f"{value:+g}" if value else "0"
