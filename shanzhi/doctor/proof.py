"""What keeps history provable and personal data closed: the vault's key, the seals, who looked at what."""

from __future__ import annotations

from datetime import UTC, datetime

from audit.seal_file import SealFile
from ledger.access_log import KEPT_DAYS
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene
from shanzhi.keys import vault_of
from shanzhi.seal_key import signer

SEAL_SECONDS = 3_600
GUARDS = 2  # triggers: before a change or deletion of rows, before emptying it
_UNSOUND, _NO_PROGRESS = 7, 8
_NOBODY = "vault:nobody"  # an owner who has no key and never gets one


@check(
    "vault",
    "保险库主密钥 · vault master key",
    "migrations",
    remedy="完成轮换 shanzhi vault rotate · Finish the rotation.",
)
def vault(scene: Scene) -> Finding:
    """The master key that is given here opens the vault, and no rotation of it was left unfinished."""
    vault_of(scene.settings, scene.endpoints.database_url).existing([_NOBODY])
    rows = scene.rows("select id from vault.master_key order by id")
    if not rows:
        return ok("空 · nothing is sealed yet")
    if len(rows) > 1:
        left = scene.value(
            "select count(*) from vault.data_key where wrapped is not null and master_key_id < %s", (rows[-1][0],)
        )
        if left:
            return notice(f"{left:,} 个密钥仍由旧主密钥包裹 · keys are still under the old one", left=left)
    return ok(f"主密钥 {rows[-1][0]} · fits")


@check(
    "seals",
    "封印 · seals",
    "migrations",
    remedy="启动 shanzhi sealer，或看其日志 · Start it, or see its log.",
)
def seals(scene: Scene) -> Finding:
    """The newest seal is not older than an hour while records wait to be sealed."""
    made_at, sealed = scene.rows("select max(made_at), coalesce(max(records), 0) from shanzhi.seal")[0]
    read = scene.value("select coalesce(sum(next), 0) from shanzhi.index_position")
    waiting = int(read) - int(sealed)
    figures = {"waiting": waiting, "sealed": int(sealed)}
    if waiting <= 0:
        return ok(f"{int(sealed):,} 条已封 · records sealed", **figures)
    if made_at is None:
        return notice(f"从未封印 · never sealed, {waiting:,} 条 records", **figures)
    now = scene.value("select coalesce((select time from shanzhi.injected_time), clock_timestamp())")
    minutes = f"{(now - made_at).total_seconds() / 60:.0f}"
    told = f"{waiting:,} 条未封，上次 {minutes} 分钟前 · records wait, the last seal was {minutes} min ago"
    if (now - made_at).total_seconds() > SEAL_SECONDS:
        return bad(told, _NO_PROGRESS, **figures)
    return ok(told, **figures)


@check(
    "seal_file",
    "封印文件 · the file of seals",
    "seals",
    remedy="先用 shanzhi seal check --file 核对，再找出谁改了数据库 · "
    "Hold the ledger against it, and find out who changed the database.",
)
def seal_file(scene: Scene) -> Finding:
    """The file that is kept elsewhere ends with the newest seal of the database: neither of them was taken back."""
    kept, last = scene.last_seal, SealFile(scene.settings.seal_file).last()
    where = scene.settings.seal_file
    if last is None and kept is None:
        return ok("还没有封印 · nothing is sealed yet")
    if last is None:
        remedy = (
            "在封印进程的机器上运行，或检查 SHANZHI_SEAL_FILE · Run this where the sealer runs, or look at that path."
        )
        return notice(f"{where}: 没有 · there is no such file, or it is empty", remedy)
    if kept is None or last.number > kept.number:
        return bad(f"文件有封印 {last.number}，数据库没有 · the database lacks seal {last.number}", _UNSOUND)
    if last.number == kept.number and last != kept:
        return bad(f"封印 {last.number} 不同 · seal {last.number} is another one there", _UNSOUND)
    if last.number < kept.number:
        remedy = "启动 shanzhi sealer，会补齐 · Start it: it adds them."
        return notice(f"文件止于 {last.number}，数据库有 {kept.number} · the file ends before", remedy)
    age = (datetime.now(UTC) - datetime.fromisoformat(last.made_at)).total_seconds()
    return ok(f"封印 {last.number}，{age / 60:.0f} 分钟前 · min ago", number=last.number)


@check(
    "seal_key",
    "封印的密钥 · the key of the seals",
    "seals",
    remedy="找回原来的密钥；有意更换时，公布旧公钥供核对 · "
    "Find the right one. If it was replaced on purpose, publish the old public key too: shanzhi seal check --key",
)
def seal_key(scene: Scene) -> Finding:
    """The key that would sign the next seal is the one that signed the last."""
    settings = scene.settings
    if not settings.seal_key and not (settings.folder / "seal.key").exists():
        return ok("不在这里 · is not here: the sealer has it")
    key, last = signer(settings).public_key, scene.last_seal
    if last is not None and last.key != key:
        return notice(f"上次由 {last.key[:16]}… 签 · another one signed the last: now {key[:16]}…", key=key)
    return ok(f"{key[:16]}…", key=key)


@check(
    "access_log",
    "访问日志 · the log of access",
    "migrations",
    remedy="恢复触发器：重新应用迁移，或从备份恢复 · Bring its triggers back, and find out who took them away.",
)
def access_log(scene: Scene) -> Finding:
    """Its triggers refuse every change and early deletion, and nothing in it is older than it is kept."""
    guards = scene.value(
        "select count(*) from pg_trigger where tgrelid = 'shanzhi.access_log'::regclass "
        "and not tgisinternal and tgenabled in ('O', 'A')"
    )
    if guards < GUARDS:
        return bad("可被改动 · it can be changed", _UNSOUND)
    rows, old = scene.rows(
        "select count(*), count(*) filter (where at < clock_timestamp() - %s * interval '1 day') "
        "from shanzhi.access_log",
        (KEPT_DAYS,),
    )[0]
    if old:
        remedy = "按规定清理 · Take away what need not be kept: shanzhi account prune"
        return notice(f"{old:,} 行超过 {KEPT_DAYS} 天 · rows are older than they are kept", remedy, old=old)
    return ok(f"{rows:,} 行 · rows")
