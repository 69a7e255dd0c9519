"""`shanzhi archive`: the ledger itself out to files, checked there, and back in at the same offsets."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from audit.archive.binding import bind_restored
from audit.archive.checking import Checked, check
from audit.archive.restoring import restore
from audit.archive.writing import Source, write
from ledger.reader import Reader
from ledger.topics import Topic, describe_ledger, ledger_settings
from projections.store.connection import answering, connect
from projections.store.generation import installation_id
from projections.store.now import is_injected
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, print_json, progress, results, say, table
from shanzhi.endpoints import find
from shanzhi.errors import CountsDiffer
from shanzhi.settings import read_settings
from shanzhi.stack import Endpoints

app = typer.Typer(help="账本归档：写出、核对、恢复 · The ledger out to files, and back.", no_args_is_help=True)

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", file_okay=False, help="归档文件夹 · the archive's folder")]
_Keys = Annotated[
    list[str] | None, typer.Option("--key", metavar="HEX", help="只信任此公钥的封印 · trust no other public key")
]
_FINDINGS_SHOWN = 20


@app.command("write")
def write_(folder: _Folder, as_json: AsJson = False) -> None:
    """写出账本；再次运行只追加新记录 · The ledger into files; run again, it appends what has come since."""
    endpoints = find(read_settings())
    tell(endpoints.database_url, "exported", str(folder), archive="ledger")
    source, seals = _source(endpoints)
    with Reader(endpoints.kafka_bootstrap) as reader, progress("归档 · archiving", None) as show:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        done = write(reader, source, seals, folder, now, reader.ends, lambda done, total: show(done, f"/ {total}"))
    manifest = done.manifest
    if as_json:
        print_json(
            {"records": done.records, "segments": done.segments, "records_in_all": manifest.records,
             "seals": len(seals), "digest": manifest.digest}
        )  # fmt: skip
        return
    say(f"已归档 · archived {done.records} 条记录 · records in {done.segments} 个新文件 · new files")
    in_all = f"{manifest.records} 条记录 · records, {manifest.segments} 个文件 · files, {len(seals)} 个封印 · seals"
    say(f"共 · in all {in_all}")
    say(f"清单指纹，请另处留存 · digest of the manifest, to be kept elsewhere: {manifest.digest}")


@app.command("check")
def check_(folder: _Folder, keys: _Keys = None, as_json: AsJson = False) -> None:
    """逐条核对；被改动则退出码 9 · Every record hashed again, and held against the seals; exit code 9 for no."""
    with progress("核对 · checking", None) as show:
        checked = check(folder, lambda done, total: show(done, f"/ {total}"), keys or None)
    if as_json:
        print_json(_members(checked))
    else:
        _print(checked, is_pinned=bool(keys))
    if not checked.sound:
        first = checked.findings[0]
        raise CountsDiffer(
            f"归档被改动 · the archive is not what was written: {first.position or '–'} {first.file}, {first.what}",
            "请改用另一份副本；这一份留作证据 · Take another copy of the archive, and keep this one as evidence.",
        )


@app.command("restore")
def restore_(folder: _Folder, keys: _Keys = None, as_json: AsJson = False) -> None:
    """写回空的 Kafka，位置与时间戳不变 · Into an empty Kafka, at the same offsets, with the same stamps."""
    settings = read_settings()
    endpoints = find(settings)
    with progress("恢复 · restoring", None) as show:
        topic = restore(
            folder,
            endpoints.kafka_bootstrap,
            settings.replicas,
            lambda what, done, total: show(done, f"/ {total} {what}"),
            keys or None,
        )
    bound, records = _bound(endpoints, topic)
    if as_json:
        print_json({"topic_id": topic.id, "records": records, "bound": bound})
        return
    say(f"已恢复 · restored {records} 条记录 · records, 主题 · topic {topic.id}")
    if bound:
        say("数据库已改认此主题 · the database is bound to this topic")


def _source(endpoints: Endpoints) -> tuple[Source, list[str]]:
    """Whose ledger this is, and the lines of its seals."""
    with answering(), closing(connect(endpoints.database_url, "shanzhi archive")) as connection:
        ledger = installation_id(connection)
        with connection, connection.cursor() as cursor:
            injected = is_injected(cursor)
            cursor.execute("select line from shanzhi.seal order by number")
            seals = [line for (line,) in cursor.fetchall()]
    topic = describe_ledger(endpoints.kafka_bootstrap, is_injected=injected)
    return Source(ledger, topic.id, ledger_settings(endpoints.kafka_bootstrap)), seals


def _bound(endpoints: Endpoints, topic: Topic) -> tuple[bool, int]:
    with (
        Reader(endpoints.kafka_bootstrap) as reader,
        answering(),
        closing(connect(endpoints.database_url, "shanzhi archive")) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select to_regclass('shanzhi.index_position') is not null")
        (is_migrated,) = cursor.fetchone()
        return is_migrated and bind_restored(cursor, reader, topic), sum(reader.ends.values())


def _print(checked: Checked, is_pinned: bool) -> None:
    if checked.findings:
        shown = checked.findings[:_FINDINGS_SHOWN]
        results.print(table("不符之处 · findings", ("位置 position", "文件 file", "问题 what"), shown))
        return
    say(f"归档完好 · the archive is sound: {checked.records} 条记录 · records")
    say(f"其中封印担保 · vouched for by {checked.seals} 个封印 · seals: {checked.sealed} 条 · records")
    for key in [] if is_pinned else checked.keys:
        say(f"签名公钥，请与另处留存的核对 · signed by this key, compare it with the one kept elsewhere: {key}")
    say(f"清单指纹，请与另处留存的核对 · digest of the manifest, compare it too: {checked.digest}")


def _members(checked: Checked) -> dict[str, Any]:
    return {
        "sound": checked.sound,
        "records": checked.records,
        "sealed": checked.sealed,
        "seals": checked.seals,
        "keys": checked.keys,
        "digest": checked.digest,
        "findings": [finding._asdict() for finding in checked.findings],
    }
