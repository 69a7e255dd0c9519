"""What keeps history provable and personal data closed: the vault's master key, the seals."""

from __future__ import annotations

from datetime import UTC, datetime

from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene
from shanzhi.keys import vault_of

SEAL_SECONDS = 3_600
_NOBODY = "vault:nobody"  # an owner who has no key and never gets one


@check("vault", "保险库主密钥 · vault master key", "migrations")
def vault(scene: Scene) -> Finding:
    """The master key that we are given opens the vault. Raises `VaultLocked` where it does not."""
    vault_of(scene.settings, scene.endpoints.database_url).existing([_NOBODY])
    rows = scene.rows("select id from vault.master_key order by id")
    if not rows:
        return ok("空 · nothing is sealed yet")
    if len(rows) > 1:
        left = scene.value(
            "select count(*) from vault.data_key where wrapped is not null and master_key_id < %s", (rows[-1][0],)
        )
        if left:
            remedy = "完成轮换 shanzhi vault rotate · Finish the rotation."
            return notice(f"{left:,} 个密钥仍由旧主密钥包裹 · keys are still under the old one", remedy, left=left)
    return ok(f"主密钥 {rows[-1][0]} · fits")


@check("seals", "封印 · seals", "migrations")
def seals(scene: Scene) -> Finding:
    """The newest seal is not old while records wait to be sealed."""
    made_at, sealed = scene.rows("select max(made_at), coalesce(max(records), 0) from shanzhi.seal")[0]
    read = scene.value("select coalesce(sum(next), 0) from shanzhi.index_position")
    waiting = int(read) - int(sealed)
    figures = {"waiting": waiting, "sealed": int(sealed)}
    if waiting <= 0:
        return ok(f"{int(sealed):,} 条已封 · records sealed", **figures)
    if made_at is None:
        return notice(f"从未封印 · never sealed, {waiting:,} 条 records", "启动 shanzhi sealer · Start it.", **figures)
    seconds = (datetime.now(UTC) - made_at).total_seconds()
    minutes = f"{seconds / 60:.0f}"
    told = f"{waiting:,} 条未封，上次 {minutes} 分钟前 · records wait, the last seal was {minutes} min ago"
    if seconds > SEAL_SECONDS:
        return bad(told, "启动 shanzhi sealer，或看其日志 · Start it, or see its log.", 8, **figures)
    return ok(told, **figures)
