"""`shanzhi seal`: seals of the ledger, made, listed, and held against the ledger."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from audit.seal_check import check as check_seals
from audit.seal_check import consistency as consistency_of
from audit.seal_file import SealFile
from audit.seal_store import last_seal, seals_since
from audit.sealing import Sealing
from audit.seals import Fault, Seal
from ledger.injected_time import time_of
from projections.store.connection import answering, connect
from shanzhi.cli.output import AsJson, print_json, progress, results, say, table
from shanzhi.endpoints import find, prepare
from shanzhi.errors import CountsDiffer
from shanzhi.seal_key import signer
from shanzhi.settings import Settings, read_settings

app = typer.Typer(help="封印：为总账签名、核对 · Seals of the ledger.", no_args_is_help=True)
MOST_ROWS = 1_000

_Limit = Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="最多行数 · rows at most")]
_Keys = Annotated[
    list[str] | None, typer.Option("--key", metavar="HEX", help="也信任的（以前的）公钥 · a public key to trust too")
]
_File = Annotated[Path | None, typer.Option("--file", help="别处保存的封印文件 · the file kept elsewhere")]
_Number = Annotated[int, typer.Argument(min=1, help="封印编号 · number of a seal")]


@app.command()
def key() -> None:
    """打印公钥，供公布 · Print the public key, to be published: receipts are checked with it."""
    typer.echo(signer(read_settings()).public_key)


@app.command()
def now(as_json: AsJson = False) -> None:
    """立即封印到账本末尾 · Seal all that the ledger holds now."""
    settings = read_settings()
    endpoints = find(settings)
    prepare(endpoints, settings.replicas)
    with (
        closing(connect(endpoints.database_url, "shanzhi seal now")) as connection,
        closing(Sealing(endpoints.kafka_bootstrap, signer(settings), SealFile(settings.seal_file))) as sealing,
        progress("封印 · sealing", None) as advance,
    ):
        added = 0
        while (grown := sealing.grow(connection)).left:
            added += grown.added
            advance(added, "")
        made = sealing.seal(connection, time_of(endpoints.database_url).now)
        seal = made or _last(connection)
    if as_json:
        print_json({"made": made is not None, "seal": msgspec.to_builtins(seal)})
    elif seal is None:
        say("账本是空的 · the ledger is empty")
    else:
        words = "已封印 · sealed" if made else "没有新事件，最近的封印 · nothing new; the newest seal"
        say(f"{words}: {seal.number}，{seal.records} 条 records，根 root {seal.root}")


@app.command("list")
def list_(limit: _Limit = 20, as_json: AsJson = False) -> None:
    """列出最近的封印 · The newest seals, the last one first."""
    url = find(read_settings(), kafka=False).database_url
    with answering(), closing(connect(url, "shanzhi seal list")) as connection, connection.cursor() as cursor:
        last = last_seal(cursor)
        seals = list(seals_since(cursor, max(0, last.number - limit))) if last else []
    if as_json:
        print_json([msgspec.to_builtins(seal) for seal in reversed(seals)])
        return
    rows = [(seal.number, seal.made_at, seal.records, seal.root, seal.key[:16]) for seal in reversed(seals)]
    results.print(table("封印 · seals", ("编号", "时间 UTC", "条数", "根 root", "公钥 key"), rows))


@app.command()
def check(file: _File = None, keys: _Keys = None, as_json: AsJson = False) -> None:
    """核对账本、封印链、签名和文件；不符时退出码 9 · Is the ledger what was sealed? Exit code 9 where it is not."""
    settings = read_settings()
    endpoints = find(settings)
    trusted = set(keys or ()) | _own(settings, keys)
    with progress("核对 · checking", 0) as advance:
        checked = check_seals(
            endpoints.database_url,
            endpoints.kafka_bootstrap,
            SealFile(file or settings.seal_file),
            trusted,
            lambda done, total: advance(done, f"/ {total}"),
        )
    if as_json:
        print_json(msgspec.to_builtins(checked))
    if checked.faults:
        words = "；".join(_words(fault) for fault in checked.faults)
        raise CountsDiffer(
            f"不符 · {words}",
            "查明原因后从归档恢复账本 · Find out why; restore the ledger or the seals from what was kept elsewhere.",
        )
    if not as_json:
        say(
            f"相符 · as sealed: {checked.records} 条 records，{checked.seals} 个封印 seals，文件中 in the file "
            f"{checked.in_file}，尚未封存 not sealed yet {checked.unsealed}"
        )


@app.command()
def consistency(first: _Number, second: _Number, as_json: AsJson = False) -> None:
    """后一封印是否完整包含前一封印；否时退出码 9 · Does the later seal hold all of the earlier one?"""
    proved = consistency_of(find(read_settings(), kafka=False).database_url, first, second)
    if as_json:
        print_json(msgspec.to_builtins(proved))
    if proved.differing:
        raise CountsDiffer(
            f"封印 {proved.later.number} 不是 {proved.earlier.number} 的延续 · seal {proved.later.number} does not "
            f"hold all of seal {proved.earlier.number} in partitions {', '.join(map(str, proved.differing))}",
            "请运行 shanzhi seal check · Run shanzhi seal check",
        )
    if not as_json:
        hashes = sum(map(len, proved.paths))
        say(
            f"一致 · consistent: 封印 {proved.earlier.number}（{proved.earlier.records} 条）→ {proved.later.number}"
            f"（{proved.later.records} 条），证明 proof {hashes} hashes"
        )


def _own(settings: Settings, keys: list[str] | None) -> set[str]:
    """Our own key; whoever checks with given keys need not have it."""
    is_elsewhere = settings.given_database and not settings.seal_key and keys
    return set() if is_elsewhere else {signer(settings).public_key}


def _last(connection: Any) -> Seal | None:
    with answering(), connection, connection.cursor() as cursor:
        return last_seal(cursor)


def _words(fault: Fault) -> str:
    where = "" if fault.partition is None else f"{fault.partition}:{fault.offset}"
    if fault.last is not None and fault.last != fault.offset:
        where += f"–{fault.last}"
    seal = "" if fault.seal is None else f"封印 seal {fault.seal}"
    return f"{' '.join(filter(None, (where, seal)))} {fault.what} · {fault.what_english}"
