"""A new master key for a vault in use: first its row, then every data key under it, in short transactions.

From the moment that the row stands, whoever makes a data key makes it under the new master key: makers hold
`vault.master_key` in ROW SHARE mode from before they look for the newest one until they commit, and the row
comes in under EXCLUSIVE, which waits for them. So no key can be added under the old one behind the rotation's back.
"""

from __future__ import annotations

from typing import Any

from psycopg2.extras import execute_values

from ledger.errors import VaultLocked
from ledger.keyring import KeyRing, Opened

BATCH_KEYS = 1_000

# Makers wait behind it in turn, so it gives up soon: one of them may be frozen.
_LOCK = "set local lock_timeout = '2s'; lock table vault.master_key in exclusive mode"
_MASTERS = "select id, proof from vault.master_key order by id"
_STRANGE = (
    "select master_key_id, count(*) from vault.data_key where wrapped is not null"
    " and not master_key_id = any(%s) group by master_key_id order by master_key_id"
)
# `for update`: somebody who is being forgotten meanwhile stays forgotten.
_BATCH = (
    "select owner, wrapped, master_key_id from vault.data_key where owner > %s and master_key_id <> %s"
    " and wrapped is not null order by owner limit %s for update"
)
_REWRAP = (
    "update vault.data_key as key set wrapped = new.wrapped, master_key_id = new.number"
    " from (values %s) as new (owner, wrapped, number) where key.owner = new.owner"
)
_LEFT = "select count(*) from vault.data_key where wrapped is not null and master_key_id <> %s"


def begin(cursor: Any, ring: KeyRing) -> Opened:
    """Makes the ring's first key the vault's newest, unless it is already. Raises `VaultLocked` as `Vault.rotate`."""
    cursor.execute(_LOCK)
    rows = _masters(cursor)
    opened = ring.open(rows)
    if opened is not None:
        _check_nothing_strange(cursor, opened)
        if rows[-1][1] == ring.proof:
            return opened
    if ring.proof in {proof for _, proof in rows}:
        raise VaultLocked(
            "这把主密钥已经换下 · this master key was in use before and was replaced",
            "请生成一把新的 · Make a new one: "
            "python -c 'import base64,os;print(base64.urlsafe_b64encode(os.urandom(64)).decode())'",
        )
    number = rows[-1][0] + 1 if rows else 1
    cursor.execute("insert into vault.master_key (id, proof) values (%s, %s)", (number, ring.proof))
    begun = ring.open(_masters(cursor))
    assert begun is not None, "a row was just inserted"
    return begun


def rewrap(cursor: Any, opened: Opened, after: str) -> list[str]:
    """Wraps the next keys anew, those of owners past `after`, and names their owners; none: this was the end."""
    cursor.execute(_BATCH, (after, opened.newest, BATCH_KEYS))
    rows = [
        (owner, opened.wrap(owner, opened.unwrap(owner, bytes(wrapped), number)), opened.newest)
        for owner, wrapped, number in cursor.fetchall()
    ]
    if rows:
        execute_values(cursor, _REWRAP, rows, page_size=BATCH_KEYS)
    return [owner for owner, _, _ in rows]


def left(cursor: Any, opened: Opened) -> int:
    """How many data keys are under another master key than the newest."""
    cursor.execute(_LEFT, (opened.newest,))
    (count,) = cursor.fetchone()
    return int(count)


def _masters(cursor: Any) -> list[tuple[int, bytes]]:
    cursor.execute(_MASTERS)
    return [(number, bytes(proof)) for number, proof in cursor.fetchall()]


def _check_nothing_strange(cursor: Any, opened: Opened) -> None:
    """Before anything is changed: a rotation that can't end must not begin."""
    cursor.execute(_STRANGE, (opened.known,))
    strange = cursor.fetchall()
    if strange:
        told = ", ".join(f"{count} under master key {number}" for number, count in strange)
        raise VaultLocked(
            f"还有数据密钥由未提供的旧主密钥保护 · data keys are left that no given master key opens ({told})",
            "请先用那把旧密钥完成上一次轮换 · Finish that rotation first, with its old key as "
            "SHANZHI_MASTER_KEY_BEFORE: shanzhi vault rotate.",
        )
