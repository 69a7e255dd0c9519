"""Index and tables: folded by these folds, level with the ledger, by rules that are known."""

from __future__ import annotations

from audit import sample as stretch
from audit.generations import generations
from audit.verify import SCRATCH
from projections.families import fingerprint
from projections.rules.force import adopted
from projections.rules.preset import RULES
from projections.store.connection import WORKER
from projections.store.read_contract import ROLE
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene

BEHIND_RECORDS = 10_000
_UNSOUND, _NO_PROGRESS = 7, 8


@check(
    "folds",
    "折叠版本 · fold version",
    "migrations",
    remedy="重建 shanzhi rebuild · Rebuild (a worker of this version does it too, slower). Rows of both never mix.",
)
def folds(scene: Scene) -> Finding:
    """The tables that readers see were folded by the folds of this program."""
    generation, folded_by = scene.current
    if folded_by == fingerprint():
        return ok(f"{generation}，{folded_by}", generation=generation, fingerprint=folded_by)
    return bad(
        f"{generation} 由 {folded_by} 折叠，本程序是 {fingerprint()} · was folded by other folds than these",
        _UNSOUND,
        generation=generation,
        fingerprint=folded_by,
    )


@check(
    "generations",
    "留下的各代 · generations left behind",
    "folds",
    remedy="删除 shanzhi generation drop --old · Drop them, where nobody goes back to them.",
)
def left_behind(scene: Scene) -> Finding:
    """Tables that nobody reads or writes take room."""
    found = generations(scene.endpoints.database_url)
    names = {state: [one.name for one in found if one.state == state] for state in sorted({one.state for one in found})}
    old = [*names.get("replaced", ()), *names.get("gone", ())]
    if old:
        return notice(f"{', '.join(old)}: 无人读写 · nobody reads or writes them", **names)
    left = [name for (name,) in scene.rows(f"select nspname from pg_namespace where nspname ~ '{SCRATCH}'")]
    if left:
        remedy = "无核对在运行时，下一次 shanzhi verify 会清除 · Unless a verify runs now, the next one drops them."
        return notice(", ".join(left), remedy, scratch=left)
    return ok("，".join(f"{one.name} {one.state}" for one in found), **names)


@check(
    "index",
    "索引计数 · the index adds up",
    "migrations",
    remedy="用 shanzhi verify --index-only 查明，shanzhi rebuild --index 重做 · "
    "The first names it, the second mends it.",
)
def index(scene: Scene) -> Finding:
    """indexed + repeats + quarantined + gaps = next in every partition. `shanzhi verify` looks at every row."""
    wrong = scene.rows(
        "select partition, next - (indexed + repeats + quarantined + gaps) from shanzhi.index_position "
        "where next <> indexed + repeats + quarantined + gaps order by 1"
    )
    if not wrong:
        return ok("indexed + repeats + quarantined + gaps = next")
    told = ", ".join(f"{partition}: {difference:+}" for partition, difference in wrong)
    return bad(f"分区 {told}", _UNSOUND, partitions=dict(wrong))


@check(
    "sample",
    "索引抽查 · a sample of the index",
    "log",
    "index",
    remedy="用 shanzhi verify 全部核对，shanzhi rebuild --index 重做 · "
    "Hold all of it against the ledger, then mend it.",
)
def sample(scene: Scene) -> Finding:
    """Index and quarantine say of the newest records, and of some taken at random, what the ledger says."""
    looked, wrong = 0, list[str]()
    with scene.cursor() as cursor:
        for partition, stretches in scene.stretches.items():
            for records in stretches:
                seen = stretch.hold(cursor, partition, records)
                looked += len(records)
                if seen.found:
                    wrong.append(f"{partition}:{records[0].offset}–{records[-1].offset}: {seen.found}")
    if wrong:
        return bad(f"不一致 · differences in {', '.join(wrong)}", _UNSOUND, stretches=wrong)
    return ok(f"{looked:,} 条一致 · records equal", records=looked)


@check(
    "lag",
    "各分区滞后 · lag by partition",
    "topic",
    "folds",
    remedy="启动处理进程 shanzhi up / shanzhi worker · Nobody folds: start a worker.",
)
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
    if not records:
        told = f"0，{workers} 条通道 lanes"
        return ok(told, **figures) if workers else notice(told, **figures)
    told = f"{records:,} 条 records, 分区 partitions {', '.join(f'{one}: {most:,}' for one, most in behind.items())}"
    if not workers:
        return bad(told, _NO_PROGRESS, **figures)
    if records > BEHIND_RECORDS:
        remedy = "等待，或加开进程 · Wait, or start further workers: shanzhi up --workers 2"
        return notice(told, remedy, **figures)
    return ok(told, **figures)


@check(
    "contract",
    "SQL 视图 · views for SQL",
    "folds",
    remedy="重启处理进程 · Restart a worker: it makes the views, and grants them.",
)
def contract(scene: Scene) -> Finding:
    """Whoever reads by SQL finds the views of the contract, and the role that may."""
    kind = "relnamespace = 'read_v1'::regnamespace and relkind = 'v'"
    views = scene.value(f"select count(*) from pg_class where {kind}")
    role = f"from pg_roles where rolname = '{ROLE}'"
    if not scene.value(f"select exists (select {role})"):
        remedy = "管理员按 docs/sql.md 建它 · An administrator makes it: see docs/sql.md."
        return notice(f"没有角色 · there is no role {ROLE}", remedy, views=views)
    if not scene.value(f"select has_schema_privilege(rolname, 'read_v1', 'usage') {role}") or not views:
        return notice(f"{views} 个视图，{ROLE} 还不能读 · views that the role can't read yet", views=views)
    return ok(f"{views} 个，{ROLE} 可读 · views that the role may read", views=views)


@check(
    "rules",
    "现行规则 · rules in force",
    "folds",
    remedy="重新发布采纳事件，改正其参数 · Adopt it again with parameters that fit: shanzhi rule adopt",
)
def rules(scene: Scene) -> Finding:
    """Every rule has a version that holds now, and everything that was adopted can be used by this program."""
    generation, _ = scene.current
    holding = dict(
        scene.rows(
            "select distinct on (rule) rule, version from shanzhi.rule_version where generation = %s and "
            "(effective_from is null or effective_from <= "
            "coalesce((select time from shanzhi.injected_time), clock_timestamp())) order by rule, number desc",
            (generation,),
        )
    )
    missing = sorted(set(RULES) - set(holding))
    if missing:
        remedy = "重启处理进程 · Restart a worker: it writes them."
        return bad(f"缺 · missing: {', '.join(missing)}", _UNSOUND, remedy, missing=missing)
    with scene.cursor() as cursor:
        useless = [f"{one.rule} {one.version}: {one.refused}" for one in adopted(cursor, generation) if not one.preset]
    if useless:
        return notice("; ".join(useless), useless=useless)
    return ok(", ".join(f"{rule} {version}" for rule, version in holding.items()), versions=holding)
