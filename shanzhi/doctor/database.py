"""PostgreSQL: is it set as tables need it, and is anything in its way?"""

from __future__ import annotations

from ledger.logins import login_name
from projections.store.roles import ROLES
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene

LONG_SECONDS = 600
BLOCKED_SECONDS = 30
FEW_CONNECTIONS, NO_CONNECTIONS = 20, 3
SAFE_COMMITS = ("on", "local", "remote_write", "remote_apply")
DEAD_ROWS, DEAD_SHARE = 100_000, 0.5
OLD_TRANSACTIONS, OLDEST_TRANSACTIONS = 1_000_000_000, 1_600_000_000
_UNSOUND, _NO_PROGRESS = 7, 8


@check(
    "durability",
    "断电不丢数据 · nothing is lost at a power cut",
    "postgres",
    remedy="改回并重启 PostgreSQL · Set it back, then restart PostgreSQL: alter system reset NAME",
)
def durability(scene: Scene) -> Finding:
    """fsync, full_page_writes and synchronous_commit are on; checksums and a WAL that backups can follow are noted."""
    found = dict(
        scene.rows(
            "select name, setting from pg_settings where name in "
            "('fsync', 'full_page_writes', 'synchronous_commit', 'wal_level', 'data_checksums')"
        )
    )
    unsafe = [f"{name} = {found[name]}" for name in ("fsync", "full_page_writes") if found[name] != "on"]
    if found["synchronous_commit"] not in SAFE_COMMITS:
        unsafe.append(f"synchronous_commit = {found['synchronous_commit']}")
    if unsafe:
        return bad(f"{', '.join(unsafe)}: 断电会丢失数据 · a power cut would lose data", _UNSOUND, settings=found)
    if found["wal_level"] == "minimal":
        told = "wal_level = minimal: 无法按时间点恢复 · no backup can follow it"
        return notice(told, "设为 replica 并重启 · Set it to replica, and restart.", settings=found)
    if found["data_checksums"] != "on":
        told = "data_checksums = off: 坏盘不会被发现 · a failing disk is not noticed"
        return notice(told, "停库后 pg_checksums --enable · Stop it, then enable them.", settings=found)
    return ok(", ".join(f"{name} {setting}" for name, setting in sorted(found.items())), settings=found)


@check(
    "encoding",
    "编码与时区 · encoding and time zones",
    "postgres",
    remedy="新建 UTF8 数据库，再恢复备份 · "
    "Make another one in UTF8, and restore the backup into it: shanzhi backup restore",
)
def encoding(scene: Scene) -> Finding:
    """The database is in UTF8, and knows the time zone by which days and months are counted."""
    found = scene.value("show server_encoding")
    if found != "UTF8":
        return bad(f"server_encoding = {found}", _UNSOUND)
    if not scene.value("select exists (select from pg_timezone_names where name = 'Asia/Shanghai')"):
        remedy = "安装时区数据 · Install the time zones of its system: tzdata"
        return bad("不认识 Asia/Shanghai · the zone is unknown", _UNSOUND, remedy)
    return ok("UTF8, Asia/Shanghai")


@check(
    "connections",
    "空闲连接 · free connections",
    "postgres",
    remedy="提高 max_connections 并重启 · Raise it, and restart: alter system set max_connections = 200",
)
def connections(scene: Scene) -> Finding:
    """PostgreSQL takes some more connections than it has now."""
    most, reserved, taken = scene.rows(
        "select current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int, "
        "(select count(*) from pg_stat_activity where backend_type = 'client backend')"
    )[0]
    free = most - reserved - taken
    told = f"{taken} / {most - reserved}，空闲 free {free}"
    if free < NO_CONNECTIONS:
        return bad(told, _NO_PROGRESS, free=free, taken=taken)
    return notice(told, free=free, taken=taken) if free < FEW_CONNECTIONS else ok(told, free=free, taken=taken)


@check(
    "transactions",
    "长事务 · long transactions",
    "postgres",
    remedy="等它结束，或结束该会话 · Wait, or end that session: a verify or export of a large ledger takes long.",
)
def transactions(scene: Scene) -> Finding:
    """No transaction has been open for over 10 minutes: it would keep dead rows from being cleaned."""
    old = scene.rows(
        "select application_name, extract(epoch from clock_timestamp() - xact_start)::bigint from pg_stat_activity "
        "where datname = current_database() and xact_start < clock_timestamp() - %s * interval '1 second' "
        "order by xact_start",
        (LONG_SECONDS,),
    )
    if not old:
        return ok("无 · none")
    name, seconds = old[0]
    return notice(f"{name or '?'} 已 {seconds // 60} 分钟 · minutes", sessions=len(old))


@check(
    "blocked",
    "锁等待 · sessions that wait for a lock",
    "postgres",
    remedy="查明并结束占锁的会话 · See who holds it, and end that session: select pg_terminate_backend(PID)",
)
def blocked(scene: Scene) -> Finding:
    """Nobody has waited for somebody else's lock for over 30 s."""
    waiting = scene.rows(
        "select asking.application_name, extract(epoch from clock_timestamp() - min(waitstart))::bigint, "
        "(pg_blocking_pids(asking.pid))[1] from pg_locks join pg_stat_activity asking using (pid) "
        "where not granted and waitstart < clock_timestamp() - %s * interval '1 second' "
        "and asking.datname = current_database() group by 1, 3 order by 2 desc",
        (BLOCKED_SECONDS,),
    )
    if not waiting:
        return ok("无 · none")
    name, seconds, pid = waiting[0]
    told = f"{name or '?'} 等 PID {pid} 已 {seconds} 秒 · has waited {seconds} s for it"
    return bad(told, _NO_PROGRESS, sessions=len(waiting), pid=pid)


@check(
    "vacuum",
    "清理 · dead rows are cleaned",
    "migrations",
    remedy="打开 autovacuum，或手工清理 · Turn autovacuum on; clean the table by hand now: vacuum (analyze) NAME",
)
def vacuum(scene: Scene) -> Finding:
    """Autovacuum is on, for every table of ours, and none consists of dead rows by half."""
    off = scene.rows("select name from pg_settings where name in ('autovacuum', 'track_counts') and setting <> 'on'")
    if off:
        return bad(f"{', '.join(name for (name,) in off)} = off", _UNSOUND)
    without = scene.rows(
        "select oid::regclass::text from pg_class where relkind = 'r' "
        "and reloptions && array['autovacuum_enabled=false', 'autovacuum_enabled=off']"
    )
    if without:
        told = f"{', '.join(name for (name,) in without)}: 不自动清理 · not cleaned by itself"
        remedy = "恢复 · Turn it on: alter table NAME reset (autovacuum_enabled)"
        return notice(told, remedy, tables=[name for (name,) in without])
    dead = scene.rows(
        "select relid::regclass::text, n_dead_tup, n_live_tup from pg_stat_user_tables "
        "where n_dead_tup > %s and n_dead_tup > %s * (n_dead_tup + n_live_tup) order by n_dead_tup desc",
        (DEAD_ROWS, DEAD_SHARE),
    )
    if dead:
        name, rows, live = dead[0]
        told = f"{name}: {rows:,} 死行 dead rows / {live:,} 活行 live"
        return notice(told, tables=[table for table, _, _ in dead])
    return ok("autovacuum on")


@check(
    "wraparound",
    "事务号 · transaction ids",
    "postgres",
    remedy="立即清理 · Clean it now, as its owner: vacuum (freeze)",
)
def wraparound(scene: Scene) -> Finding:
    """The oldest row is far from the 2,000 million transactions after which PostgreSQL takes no more writes."""
    age = int(scene.value("select age(datfrozenxid) from pg_database where datname = current_database()"))
    told = f"{age / 1e6:,.0f} / 2,000 百万 million"
    if age > OLDEST_TRANSACTIONS:
        return bad(told, _UNSOUND, age=age)
    return notice(told, age=age) if age > OLD_TRANSACTIONS else ok(told, age=age)


@check(
    "indexes",
    "数据库索引 · indexes of PostgreSQL",
    "migrations",
    remedy="重建该索引 · Make it anew: reindex index NAME",
)
def indexes(scene: Scene) -> Finding:
    """Every index is valid: one that broke off is written and never read."""
    broken = [
        name
        for (name,) in scene.rows(
            "select indexrelid::regclass::text from pg_index where not (indisvalid and indisready and indislive)"
        )
    ]
    return bad(", ".join(broken), _UNSOUND, indexes=broken) if broken else ok("全部有效 · all valid")


@check(
    "roles",
    "各进程的数据库角色 · a role for each process",
    "migrations",
    remedy="由管理员建立 · An administrator makes them: shanzhi prepare",
)
def roles(scene: Scene) -> Finding:
    """Each kind of process has a role with the least rights that it needs, and none of them may do everything."""
    wanted = {login_name(process) for process in ROLES}
    found = dict(
        scene.rows("select rolname, rolsuper or rolcreaterole from pg_roles where rolname = any(%s)", (list(wanted),))
    )
    mighty = sorted(name for name, may_all in found.items() if may_all)
    if mighty:
        remedy = "收回 · Take it back: alter role NAME nosuperuser nocreaterole"
        return bad(f"{', '.join(mighty)}: 权限过大 · may do everything", _UNSOUND, remedy, roles=mighty)
    missing = sorted(wanted - set(found))
    return notice(f"没有 · missing: {', '.join(missing)}", missing=missing) if missing else ok(f"{len(found)}")
