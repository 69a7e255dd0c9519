"""Kafka and PostgreSQL: do they answer, and are they set as the ledger and its tables need it?"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

from ledger.broker import await_broker
from ledger.errors import OutcomeUnknown
from processors.continuity import assert_log_holds
from projections.store.migrate import shipped_migrations
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene

OLDEST_POSTGRES = 170_000
LONG_SECONDS = 600
SKEW_SECONDS = 60
_GIB = 2**30
_MUST = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
_CONNECTIONS = 40  # a crew on one machine, with some for people


@check("kafka", "Kafka 是否应答 · Kafka answers")
def kafka(scene: Scene) -> Finding:
    """A broker takes connections."""
    bootstrap = scene.endpoints.kafka_bootstrap
    try:
        await_broker(bootstrap, wait_seconds=2)
    except OSError as error:
        remedy = "启动它，或改正 KAFKA_BOOTSTRAP · Start it, or correct KAFKA_BOOTSTRAP."
        return bad(f"{bootstrap} 不应答 · does not answer ({type(error).__name__})", remedy, OutcomeUnknown.exit_code)
    return ok(bootstrap)


@check("postgres", "PostgreSQL 是否应答 · PostgreSQL answers")
def postgres(scene: Scene) -> Finding:
    """It answers, is new enough, and loses nothing at a power cut."""
    version = int(scene.value("show server_version_num"))
    shown = scene.value("show server_version")
    if version < OLDEST_POSTGRES:
        return bad(f"PostgreSQL {shown}", "升级到 17 或更新 · Use PostgreSQL 17 or newer.", 7)
    settings = dict(scene.rows("select name, setting from pg_settings where name = any(%s)", (list(_MUST),)))
    for name, wanted in _MUST.items():
        if settings[name] != wanted:
            remedy = f"设为 {wanted} · Set it: alter system set {name} = '{wanted}', then restart PostgreSQL."
            return bad(f"{name} = {settings[name]}: 断电会丢失数据 · a power cut would lose data", remedy, 7)
    connections = int(scene.value("show max_connections"))
    if connections < _CONNECTIONS:
        remedy = f"alter system set max_connections = {_CONNECTIONS}"
        return notice(f"max_connections = {connections}: 偏少 · few for a whole crew", remedy, connections=connections)
    return ok(f"PostgreSQL {shown}", version=version)


@check("migrations", "数据库结构 · migrations", "postgres")
def migrations(scene: Scene) -> Finding:
    """Every numbered SQL file of this version was applied."""
    wanted = shipped_migrations()
    if scene.value("select to_regclass('public._yoyo_migration') is null"):
        return bad("空库 · nothing was applied", "shanzhi up（首次启动时自动建立 · any start applies them）", 7)
    applied = {name for (name,) in scene.rows("select migration_id from public._yoyo_migration")}
    missing = [name for name in wanted if name not in applied]
    newer = sorted(applied - set(wanted))
    if missing:
        remedy = "启动任一新版进程即可补上 · Any start of a worker of this version applies them: shanzhi up"
        return bad(f"缺 · missing: {', '.join(missing)}", remedy, 7, missing=missing)
    if newer:
        remedy = "用数据库所属的版本 · Use the version that applied them."
        return bad(f"数据库比程序新 · the database is of a newer version: {', '.join(newer)}", remedy, 7, newer=newer)
    return ok(f"{len(wanted)} 个已应用 · applied")


@check("topic", "总账主题的设置 · the ledger's topic", "kafka", "migrations")
def topic(scene: Scene) -> Finding:
    """Partitions and settings are those of a ledger, and it is the one that the tables were folded from."""
    found = scene.topic
    bound = scene.value("select max(topic_id) from shanzhi.index_position where next > 0")
    if bound not in (None, found.id):
        remedy = "从档案恢复主题 · Restore the topic from its archive, or start over with an empty database."
        return bad(f"{found.name} 已被重建 · was made anew: {found.id}, read was {bound}", remedy, 5)
    return ok(f"{found.name}，{found.partitions} 分区 partitions，{found.id}")


@check("log", "总账是否完整 · the log holds what was read", "topic")
def log(scene: Scene) -> Finding:
    """The log starts no later than our positions, ends no earlier, and has no gaps that we know of."""
    starts, ends = scene.bounds
    read = {int(one): int(next_) for one, next_ in scene.rows("select partition, next from shanzhi.index_position")}
    assert_log_holds(read, read, starts, ends)
    cut = {number: start for number, start in starts.items() if start}
    if cut:
        remedy = "恢复档案，设 retention.ms=-1 · Restore the archive, set retention.ms=-1: nothing can be rebuilt now."
        return bad(f"开头已被删除 · the beginning is gone in partitions {sorted(cut)}", remedy, 5)
    gaps = int(scene.value("select coalesce(sum(gaps), 0) from shanzhi.index_position"))
    if gaps:
        remedy = "查清缘由 · Find out why: only our writer writes the ledger, and it leaves none."
        return notice(f"{gaps} 个偏移缺失 · offsets are missing", remedy, gaps=gaps)
    return ok(f"{sum(ends.values()):,} 条 records", records=sum(ends.values()))


@check("time", "时钟 · clocks", "postgres")
def time(scene: Scene) -> Finding:
    """Ours and PostgreSQL's go alike; "in the future" is judged by the broker's stamp."""
    theirs = scene.value("select clock_timestamp()")
    seconds = abs((datetime.now(UTC) - theirs).total_seconds())
    if seconds > SKEW_SECONDS:
        return bad(f"与 PostgreSQL 相差 {seconds:.0f} 秒 · apart", "校时 · Run an NTP client on both.", 7)
    return ok(f"相差 {seconds:.1f} 秒 · seconds apart", seconds=round(seconds, 3))


@check("transactions", "长事务 · long transactions", "postgres")
def transactions(scene: Scene) -> Finding:
    """A transaction that never ends keeps dead rows from being cleaned."""
    old = scene.rows(
        "select application_name, extract(epoch from clock_timestamp() - xact_start)::bigint from pg_stat_activity "
        "where datname = current_database() and xact_start < clock_timestamp() - %s * interval '1 second' "
        "order by 2 desc",
        (LONG_SECONDS,),
    )
    if not old:
        return ok("无 · none")
    name, seconds = old[0]
    remedy = "等它结束，或结束该会话 · Wait, or end that session: a verify or export of a large ledger takes long."
    return notice(f"{name or '?'} 已 {seconds // 60} 分钟 · minutes", remedy, sessions=len(old))


@check("disk", "磁盘空间 · disk space")
def disk(scene: Scene) -> Finding:
    """Of the folder, where servers of ours live in it."""
    folder = scene.settings.folder
    if not folder.exists() or (scene.settings.kafka_bootstrap and scene.settings.given_database):
        return ok("服务器不在本机管理 · the servers are not ours: ask those who run them")
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    what = f"剩余 {usage.free / _GIB:.1f} GiB（{share:.0%}）· free"
    if usage.free < _GIB or share < 0.02:
        remedy = "立即腾出空间：总账从不删除 · Make room now: a ledger never deletes."
        return bad(what, remedy, 10, free_bytes=usage.free)
    if usage.free < 5 * _GIB or share < 0.1:
        return notice(what, "扩容 · Make room: a ledger only grows.", free_bytes=usage.free)
    return ok(what, free_bytes=usage.free)
