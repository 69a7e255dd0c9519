"""Index and tables: folded by these folds, level with the ledger, and nothing waits in vain."""

from __future__ import annotations

from datetime import UTC, datetime

from audit.generations import generations
from audit.verify import SCRATCH
from projections.families import fingerprint
from projections.store.connection import WORKER
from projections.store.read_contract import ROLE
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene

BEHIND_RECORDS = 10_000
OUTBOX_SECONDS = 300
_UNSOUND, _NO_PROGRESS = 7, 8


@check("folds", "折叠版本 · fold version", "migrations")
def folds(scene: Scene) -> Finding:
    """The tables that readers see were folded by the folds of this program."""
    generation, folded_by = scene.current
    if folded_by == fingerprint():
        return ok(f"{generation}，{folded_by}", generation=generation, fingerprint=folded_by)
    return bad(
        f"{generation} 由 {folded_by} 折叠，本程序是 {fingerprint()} · was folded by other folds than these",
        "重建 shanzhi rebuild · Rebuild (a worker of this version does it too, slower). Rows of both never mix.",
        _UNSOUND,
        generation=generation,
        fingerprint=folded_by,
    )


@check("generations", "留下的各代 · generations left behind", "folds")
def left_behind(scene: Scene) -> Finding:
    """Tables that nobody reads or writes take room."""
    found = generations(scene.endpoints.database_url)
    names = {state: [one.name for one in found if one.state == state] for state in sorted({one.state for one in found})}
    old = [*names.get("replaced", ()), *names.get("gone", ())]
    if old:
        remedy = "删除 shanzhi generation drop --old · Drop them, where nobody goes back to them."
        return notice(f"{', '.join(old)}: 无人读写 · nobody reads or writes them", remedy, **names)
    left = [name for (name,) in scene.rows(f"select nspname from pg_namespace where nspname ~ '{SCRATCH}'")]
    if left:
        remedy = "无核对在运行时，下一次 shanzhi verify 会清除 · Unless a verify runs now, the next one drops them."
        return notice(", ".join(left), remedy, scratch=left)
    return ok("，".join(f"{one.name} {one.state}" for one in found), **names)


@check("index", "索引计数 · the index adds up", "migrations")
def index(scene: Scene) -> Finding:
    """indexed + repeats + quarantined + gaps = next in every partition. `shanzhi verify` looks at every row."""
    wrong = scene.rows(
        "select partition, next - (indexed + repeats + quarantined + gaps) from shanzhi.index_position "
        "where next <> indexed + repeats + quarantined + gaps order by 1"
    )
    if not wrong:
        return ok("indexed + repeats + quarantined + gaps = next")
    told = ", ".join(f"{partition}: {difference:+}" for partition, difference in wrong)
    remedy = "shanzhi verify --index-only 指明 names it；shanzhi rebuild --index 重做 makes it anew"
    return bad(f"分区 {told}", remedy, _UNSOUND, partitions=dict(wrong))


@check("lag", "各分区滞后 · lag by partition", "topic", "generations")
def lag(scene: Scene) -> Finding:
    """How many records the tables that readers see don't have yet, and whether anybody folds them."""
    _, ends = scene.bounds
    generation, _ = scene.current
    positions = dict(scene.rows(f"select partition, next from {generation}.position"))
    behind = {number: end - positions.get(number, 0) for number, end in ends.items()}
    behind = {number: records for number, records in behind.items() if records > 0}
    workers = int(scene.value("select count(*) from pg_stat_activity where application_name = %s "
                              "and datname = current_database()", (WORKER,)))  # fmt: skip
    records = sum(behind.values())
    figures = {"records": records, "partitions": behind, "lanes": workers}
    start = "启动处理进程 shanzhi up / shanzhi worker · Nobody folds: start a worker."
    if not records:
        told = f"0，{workers} 条通道 lanes"
        return ok(told, **figures) if workers else notice(told, start, **figures)
    told = f"{records:,} 条 records, 分区 partitions {', '.join(f'{one}: {most:,}' for one, most in behind.items())}"
    if not workers:
        return bad(told, start, _NO_PROGRESS, **figures)
    if records > BEHIND_RECORDS:
        remedy = "等待，或加开进程 · Wait, or start further workers: shanzhi up --workers 2"
        return notice(told, remedy, **figures)
    return ok(told, **figures)


@check("quarantine", "隔离区待处理 · quarantine waiting", "migrations")
def quarantine(scene: Scene) -> Finding:
    """Records that became no event, and nobody has decided about."""
    rows = scene.rows(
        "select reason, count(*) from ("
        "select 'ledger' as origin, null as topic_id, partition, ledger_offset as record_offset, reason "
        "from shanzhi.quarantine union all "
        "select 'intake', topic_id, partition, record_offset, reason from shanzhi.intake_quarantine) listed "
        "where not exists (select from shanzhi.quarantine_decision made where made.origin = listed.origin "
        "and made.partition = listed.partition and made.record_offset = listed.record_offset "
        "and (listed.topic_id is null or made.topic_id = listed.topic_id)) group by 1 order by 2 desc, 1"
    )
    waiting = {reason: int(count) for reason, count in rows}
    if not waiting:
        return ok("无 · none")
    told = ", ".join(f"{reason} {count:,}" for reason, count in waiting.items())
    return notice(told, "shanzhi quarantine list --open", waiting=waiting)


@check("outbox", "待发布的决定 · outbox unpublished", "migrations")
def outbox(scene: Scene) -> Finding:
    """What decider and clock have decided, and the relay has not published yet."""
    count, oldest = scene.rows("select count(*), min(made_at) from shanzhi.outbox where published_at is null")[0]
    if not count:
        return ok("无 · none")
    seconds = (datetime.now(UTC) - oldest).total_seconds()
    told = f"{count:,} 条，最早 {seconds:.0f} 秒前 · the oldest {seconds:.0f} s ago"
    if seconds > OUTBOX_SECONDS:
        return bad(told, "启动 shanzhi relay，或看其日志 · Start it, or see its log.", _NO_PROGRESS, waiting=count)
    return ok(told, waiting=count)


@check("contract", "SQL 视图 · views for SQL", "folds")
def contract(scene: Scene) -> Finding:
    """Whoever reads by SQL finds the views of the contract, and the role that may."""
    kind = "relnamespace = 'read_v1'::regnamespace and relkind = 'v'"
    views = scene.value(f"select count(*) from pg_class where {kind}")
    role = f"from pg_roles where rolname = '{ROLE}'"
    if not scene.value(f"select exists (select {role})"):
        remedy = "管理员按 docs/sql.md 建它 · An administrator makes it: see docs/sql.md."
        return notice(f"没有角色 · there is no role {ROLE}", remedy, views=views)
    if not scene.value(f"select has_schema_privilege(rolname, 'read_v1', 'usage') {role}") or not views:
        remedy = "重启处理进程 · Restart a worker: it makes the views, and grants them."
        return notice(f"{views} 个视图，{ROLE} 还不能读 · views that the role can't read yet", remedy, views=views)
    return ok(f"{views} 个，{ROLE} 可读 · views that the role may read", views=views)
