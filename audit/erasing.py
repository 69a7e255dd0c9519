"""What a destroyed key leaves behind on the disk of PostgreSQL, and until when: dead rows, and the write-ahead log.

A deleted row's bytes lie in its page until something else comes there, and in WAL files, which PostgreSQL renames and
writes over. So the table of keys is written anew, the log is switched and a checkpoint made; from then on the bytes
lie at most in files that are written over by the time the log has come to where they end (`wal_until`). What no command
can reach are copies elsewhere: base backups, archived WAL, replicas. For those there is a new master key.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from projections.store.connection import answering, connect

WAIT_SECONDS = 10.0
"""How long somebody who reads from before the destruction is waited for: what he may see can't be erased."""

_NAME = "shanzhi erasing"
_LOOK_SECONDS = 0.05
_NEXT = "select pg_current_xact_id()::xid::text"
_STILL_READING = (
    "select count(*) from (select unnest(array[backend_xmin, backend_xid]) as held, datname from pg_stat_activity"
    " where pid <> pg_backend_pid()"
    " union all select xmin, null from pg_replication_slots"
    " union all select transaction, database from pg_prepared_xacts) holder"
    " where held is not null and (datname is null or datname = current_database()) and age(held) > age(%s::xid)"
)
_WAITING = "select owner from shanzhi.forgotten where rewritten_at is null or wal_until is null"
_REWRITTEN = (
    "update shanzhi.forgotten set rewritten_at = coalesce(rewritten_at, now()), wal_until = %s where owner = any(%s)"
)
_MAY = (
    "select has_function_privilege('pg_switch_wal()', 'execute')"
    " and has_function_privilege('pg_ls_waldir()', 'execute') and pg_has_role('pg_checkpoint', 'usage')"
)
# Names are timeline, then the number of the segment in two parts. A file that began before the switch is one that is
# kept for somebody, and will be renamed at some later time: then nobody can say yet when it is written over.
_SEGMENTS = """
with segment as (
    select ('x' || substring(name, 9, 8))::bit(32)::bigint::numeric * 4294967296
        + ('x' || substring(name, 17, 8))::bit(32)::bigint * bytes as began, bytes
    from pg_ls_waldir(), (select pg_size_bytes(current_setting('wal_segment_size')) as bytes) one
    where name ~ '^[0-9A-F]{24}$'
)
select case when '0/0'::pg_lsn + min(began) >= %s::pg_lsn
    then ('0/0'::pg_lsn + max(began + bytes))::text end
from segment
"""
_STATUS = """
select forgotten.owner, forgotten.forgotten_at, forgotten.basis, forgotten.decided_by, forgotten.event is null,
    forgotten.partition, forgotten.ledger_offset, key.destroyed_at is not null and key.wrapped is null,
    (select count(*) from vault.photo where photo.owner = forgotten.owner), forgotten.rewritten_at,
    forgotten.wal_until::text, greatest(forgotten.wal_until - pg_current_wal_lsn(), 0)::bigint,
    coalesce((select max(made_at) from vault.master_key) > key.destroyed_at, false)
from shanzhi.forgotten left join vault.data_key as key using (owner) where owner = any(%s) order by owner
"""


class Remains(NamedTuple):
    """What is left of somebody who was forgotten. `wal_bytes_left` is None where nobody can tell yet."""

    owner: str
    forgotten_at: datetime
    basis: str
    decided_by: str
    restored: bool
    partition: int | None
    offset: int | None
    destroyed: bool
    photos: int
    rewritten_at: datetime | None
    wal_until: str | None
    wal_bytes_left: int | None
    master_key_is_newer: bool

    @property
    def told(self) -> bool:
        """Whether the ledger holds the event."""
        return self.restored or self.offset is not None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do or to wait for here; copies elsewhere are another matter."""
        return self.told and self.destroyed and not self.photos and self.wal_bytes_left == 0


def rewrite(database_url: str, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Writes the table of keys anew and moves the log on, for everybody of whom that was not done.

    Writers of keys wait meanwhile, about a second for a million keys. False where somebody still reads from before
    the destruction: to be run again. Where the role may make no checkpoint, the end of the log's files stays unknown.
    """
    unlimited = {"transaction_timeout": "0", "statement_timeout": "0"}
    with closing(connect(database_url, _NAME, **unlimited)) as connection, answering():
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            owners = [owner for (owner,) in cursor.fetchall()]
            if not owners:
                return True
            if not _everybody_has_read(cursor, wait_seconds):
                return False
            cursor.execute("vacuum (full) vault.data_key")
            cursor.execute(_REWRITTEN, (_end_of_log(cursor), owners))
            return True


def remains(database_url: str, owners: Sequence[str]) -> list[Remains]:
    """What is left of those owners who were forgotten, by owner. Raises `OutcomeUnknown`."""
    with closing(connect(database_url, _NAME)) as connection, answering(), connection, connection.cursor() as cursor:
        cursor.execute(_STATUS, (list(owners),))
        return [Remains(*row) for row in cursor.fetchall()]


def _everybody_has_read(cursor: Any, wait_seconds: float) -> bool:
    """Waits until no transaction sees the rows of before."""
    cursor.execute(_NEXT)
    (following,) = cursor.fetchone()
    deadline = time.monotonic() + wait_seconds
    while True:
        cursor.execute(_STILL_READING, (following,))
        if cursor.fetchone() == (0,):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_SECONDS)


def _end_of_log(cursor: Any) -> str | None:
    """Where the last WAL file ends after everything of before was let go; None where it is kept, or we may not see."""
    cursor.execute(_MAY)
    if cursor.fetchone() != (True,):
        return None
    cursor.execute("select pg_switch_wal()::text")
    (switched,) = cursor.fetchone()
    cursor.execute("checkpoint")
    cursor.execute(_SEGMENTS, (switched,))
    (end,) = cursor.fetchone()
    return None if end is None else str(end)
