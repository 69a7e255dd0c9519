"""`shanzhi backup`: what no rebuild can make anew (publishers, keys, photos, index, decisions), encrypted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.backup.restoring import restore
from audit.backup.writing import write
from projections.store.migrate import migrate
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, print_json, progress, say
from shanzhi.endpoints import find
from shanzhi.keys import master_key, master_key_before
from shanzhi.settings import read_settings

app = typer.Typer(help="加密备份：写出、恢复 · Encrypted backups of the permanent tables.", no_args_is_help=True)

_File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="备份文件 · the backup")]


@app.command("write")
def write_(file: _File, as_json: AsJson = False) -> None:
    """写出永久表，用主密钥加密；先备份、后归档 · The permanent tables, encrypted; back up first, archive after it."""
    settings = read_settings()
    endpoints = find(settings, kafka=False)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    tell(endpoints.database_url, "exported", str(file), backup="permanent tables")
    with progress("备份 · backing up", None) as show:
        done = write(
            endpoints.database_url,
            file,
            master_key(settings),
            now,
            lambda done, total, name: show(done, f"/ {total} {name}"),
        )
    if as_json:
        print_json({"tables": done.tables, "rows": done.rows, "bytes": done.bytes, "made_at": now})
        return
    say(f"已备份 · backed up {done.tables} 个表 · tables, {done.rows} 行 · rows, {done.bytes} 字节 · bytes")
    say("恢复需要此刻的主密钥，请与备份分开保管 · It opens with the present master key alone: keep that elsewhere")


@app.command("restore")
def restore_(file: _File, as_json: AsJson = False) -> None:
    """恢复到空数据库；先恢复账本，已遗忘的人再次遗忘 · Into an empty database; restore the ledger first.

    账本里记载已遗忘的人，其密钥随即再次销毁。Whoever the ledger says was forgotten is forgotten again.
    """
    settings = read_settings()
    endpoints = find(settings)
    key, before = master_key(settings), master_key_before(settings)
    migrate(endpoints.database_url)
    with progress("恢复 · restoring", None) as show:
        done = restore(
            file,
            endpoints.database_url,
            endpoints.kafka_bootstrap,
            [key, before] if before else [key],
            lambda what, done, total: show(done, f"/ {total} {what}"),
        )
    tell(endpoints.database_url, "restored", str(file), rows=done.rows, made_at=done.made_at)
    if as_json:
        print_json(done._asdict())
        return
    say(f"已恢复 · restored {done.tables} 个表 · tables, {done.rows} 行 · rows, 备份时间 · as of {done.made_at}")
    say(f"再次遗忘 · forgotten again: {done.forgotten}")
    if not done.erased:
        say("有人仍在读旧数据，请稍后用 shanzhi forget 完成擦除 · somebody still reads: finish by shanzhi forget")
    say("接着重建各表 · now fold the tables anew: shanzhi rebuild (or start a worker: shanzhi up)")
