"""Kafka and PostgreSQL: do they answer, and does the database have its tables?"""

from __future__ import annotations

from ledger.broker import await_broker, shown
from ledger.errors import OutcomeUnknown
from projections.store.migrate import shipped_migrations
from shanzhi.doctor.check import Finding, bad, check, ok
from shanzhi.doctor.scene import Scene

OLDEST_POSTGRES = 170_000
_UNSOUND = 7


@check(
    "kafka",
    "Kafka 是否应答 · Kafka answers",
    remedy="启动它，或改正 KAFKA_BOOTSTRAP · Start it, or correct KAFKA_BOOTSTRAP.",
)
def kafka(scene: Scene) -> Finding:
    """A broker takes connections."""
    kafka = scene.endpoints.kafka_bootstrap
    try:
        await_broker(kafka, wait_seconds=2)
    except OSError as error:
        return bad(f"{shown(kafka)} 不应答 · does not answer ({type(error).__name__})", OutcomeUnknown.exit_code)
    return ok(shown(kafka))


@check(
    "postgres",
    "PostgreSQL 是否应答 · PostgreSQL answers",
    remedy="启动它，升级到 17 或更新，或改正 DATABASE_URL · "
    "Start it, use PostgreSQL 17 or newer, or correct DATABASE_URL.",
)
def postgres(scene: Scene) -> Finding:
    """It answers, and is version 17 or newer."""
    version = int(scene.value("show server_version_num"))
    shown = scene.value("show server_version")
    if version < OLDEST_POSTGRES:
        return bad(f"PostgreSQL {shown}", _UNSOUND)
    return ok(f"PostgreSQL {shown}", version=version)


@check(
    "migrations",
    "数据库结构 · migrations",
    "postgres",
    remedy="启动任一新版进程即可补上 · Any start of a process of this version applies them: shanzhi up",
)
def migrations(scene: Scene) -> Finding:
    """Every numbered SQL file of this version was applied, and none of a newer one."""
    wanted = shipped_migrations()
    if scene.value("select to_regclass('public._yoyo_migration') is null"):
        return bad("空库 · nothing was applied", _UNSOUND)
    applied = {name for (name,) in scene.rows("select migration_id from public._yoyo_migration")}
    missing = [name for name in wanted if name not in applied]
    newer = sorted(applied - set(wanted))
    if missing:
        return bad(f"缺 · missing: {', '.join(missing)}", _UNSOUND, missing=missing)
    if newer:
        remedy = "用数据库所属的版本 · Use the version that applied them."
        told = f"数据库比程序新 · the database is of a newer version: {', '.join(newer)}"
        return bad(told, _UNSOUND, remedy, newer=newer)
    return ok(f"{len(wanted)} 个已应用 · applied")
