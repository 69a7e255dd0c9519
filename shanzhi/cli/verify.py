"""`shanzhi verify`: are index, quarantine and tables what the ledger says? Yes is exit code 0, no is 9."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from audit.verify import Verified
from audit.verify import verify as verified
from shanzhi.cli.output import AsJson, print_json, progress, say
from shanzhi.endpoints import find
from shanzhi.errors import CountsDiffer
from shanzhi.settings import read_settings

IndexOnly = Annotated[
    bool, typer.Option("--index-only", help="只核对索引与隔离区，不重折叠 · index and quarantine alone, no tables")
]
_SHOWN = 10


def verify(index_only: IndexOnly = False, as_json: AsJson = False) -> None:
    """核对：用总账重新折叠，逐行比较 · Folds the ledger afresh and compares row by row; says yes (0) or no (9)."""
    endpoints = find(read_settings())
    with _reporting() as report:
        found = verified(endpoints.kafka_bootstrap, endpoints.database_url, report, index_only=index_only)
    if as_json:
        print_json(_as_dict(found, index_only))
        if not found.equal:
            raise typer.Exit(CountsDiffer.exit_code)
        return
    for notice in found.notices:
        say(notice)
    if not found.equal:
        raise _differs(found)
    tables = f"{len(found.digests)} 张表及索引 · tables and index"
    what = "索引与隔离区 · index and quarantine" if index_only else tables
    say(
        f"一致 · equal: {found.records:,} 条 records ({found.indexed:,} 计入 counted, {found.repeats:,} 重复 repeats, "
        f"{found.quarantined:,} 隔离 quarantined, {found.gaps:,} 缺 gaps), {what}, "
        f"{found.generation}, {found.seconds:.1f} s"
    )


def _differs(found: Verified) -> CountsDiffer:
    told = found.told()
    rest = [f"… 另有 · and {found.found - _SHOWN} more"] if found.found > _SHOWN else []
    return CountsDiffer(
        "\n  ".join([f"不一致 · {found.found} differences", *told[:_SHOWN], *rest]),
        "总账为准：shanzhi rebuild（索引或隔离区有误：--index）· The ledger is right: shanzhi rebuild "
        "(--index where index or quarantine differ).",
    )


def _as_dict(found: Verified, index_only: bool) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "index_only": index_only,
        "generation": found.generation,
        "records": found.records,
        "next": found.next,
        "indexed": found.indexed,
        "repeats": found.repeats,
        "quarantined": found.quarantined,
        "gaps": found.gaps,
        "found": found.found,
        "differences": [
            {
                "table": one.table,
                "key": one.key,
                "cells": [{"column": cell.column, "tables": cell.left, "ledger": cell.right} for cell in one.cells],
                "only": one.only,
                "events": list(one.events),
                "told": told,
            }
            for one, told in zip(found.differences, found.told(), strict=True)
        ],
        "notices": found.notices,
        "digests": found.digests,
        "seconds": round(found.seconds, 2),
        "records_per_second": round(found.records / found.seconds) if found.seconds else 0,
    }


@contextmanager
def _reporting() -> Iterator[Callable[[int, int], None]]:
    """A bar of records with what is left of the time."""
    began = time.monotonic()
    with progress("核对 · verify", None) as show:

        def report(done: int, total: int) -> None:
            seconds = time.monotonic() - began
            left = seconds / done * (total - done) if done else 0.0
            show(done, f"/ {total:,} · {done / max(seconds, 0.001):,.0f}/s · 约剩 {left:.0f} s left")

        yield report
