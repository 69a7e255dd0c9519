"""Restores a backup into an empty, migrated database: in one transaction, so that there is all of it or nothing.

Before it is committed the index is held against the ledger, and whoever the ledger says was forgotten is forgotten
again: a key that an older backup brings back is never there for anybody to see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from audit.archive.binding import bind_restored
from audit.backup.forgotten import forgotten_in, reapply_forgotten
from audit.backup.refusals import backup_damaged, no_file
from audit.backup.sealed import Unsealing
from audit.backup.tables import Table, count_on, master_keys_of, permanent_tables
from audit.erasing import rewrite
from ledger.errors import StoreUnsound
from ledger.keyring import KeyRing
from ledger.reader import Reader
from ledger.topics import describe_ledger, ledger_settings
from projections.store.connection import answering, connect
from projections.store.now import is_injected

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much it is in all (0: unknown)."""

# What a migrated database has by itself, and a worker that found an empty ledger: replaced by the backup's.
_GIVEN = (
    "shanzhi.calendar_day",
    "shanzhi.index_position",
    "shanzhi.injected_time",
    "shanzhi.installation",
    "shanzhi.reacted",
    "shanzhi.seal_position",
)
_AT_ZERO = ("shanzhi.index_position", "shanzhi.seal_position")
_PIECE_BYTES_AT_MOST = 64 * 1024 * 1024


class Restored(NamedTuple):
    """What was restored, and how many people were forgotten again; `erased` as `audit.erasing.rewrite`."""

    installation: str
    made_at: str
    tables: int
    rows: int
    forgotten: int
    bound: bool
    erased: bool


class _Table:
    """The rows of one table, as COPY reads them. What goes wrong is kept in `failure`: COPY raises an error of its own,
    which says that PostgreSQL cancelled it."""

    def __init__(self, unsealing: Unsealing) -> None:
        self._unsealing, self._piece, self._ended = unsealing, b"", False
        self.failure: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            if not self._piece and not self._ended:
                self._piece = self._next()
                self._ended = not self._piece
        except Exception as failure:
            self.failure = failure
            raise
        given, self._piece = self._piece[:size], self._piece[size:]
        return given

    def _next(self) -> bytes:
        length = int.from_bytes(self._unsealing.read(4), "big")
        if length > _PIECE_BYTES_AT_MOST:
            raise backup_damaged("长度不合理 · a length that makes no sense")
        return self._unsealing.read(length)


def restore(
    path: Path,
    database_url: str,
    bootstrap: str,
    master_keys: Sequence[bytes],
    report: Report = lambda what, done, total: None,
) -> Restored:
    """Restores the file; the ledger has to be there, as the backup's index knows it (`shanzhi archive restore` first).

    Raises `StoreUnsound` where the database is not empty or of another version, or the file is damaged; `VaultLocked`
    for another master key; `LedgerUnsound` where the ledger is not the backup's; `OutcomeUnknown` where a server is
    away. Nothing was changed then.
    """
    try:
        stream = path.open("rb")
    except OSError as failure:
        raise no_file(path, failure) from failure
    with stream:
        unsealing = Unsealing(stream, master_keys)
        ledger_settings(bootstrap)  # a reader would wait long for a ledger that is gone
        owners = forgotten_in(bootstrap, lambda done, total: report("找出被遗忘者 · who was forgotten", done, total))
        unlimited = {"transaction_timeout": "0", "idle_in_transaction_session_timeout": "0"}
        with (
            answering(),
            closing(connect(database_url, "shanzhi backup", **unlimited)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            tables, rows = _fill(cursor, unsealing, report)
            KeyRing(*master_keys).open(master_keys_of(cursor))
            bound = _bind(cursor, bootstrap)
            reapply_forgotten(cursor, owners)
    erased = rewrite(database_url)
    header = unsealing.header
    return Restored(header.installation, header.made_at, tables, rows, len(owners), bound, erased)


def _fill(cursor: Any, unsealing: Unsealing, report: Report) -> tuple[int, int]:
    known = {table.name: table for table in permanent_tables(cursor)}
    cursor.execute(f"lock table {', '.join(sorted(known))} in share row exclusive mode")
    _assert_empty(cursor, known)
    for name in _GIVEN:
        cursor.execute(f"delete from {name}")
    rows, done = 0, 0
    while (line := unsealing.readline()).startswith(b'{"name"'):
        table = msgspec.json.decode(line, type=Table)
        _assert_known(table, known)
        report(table.name, done, len(known))
        _copy(cursor, table, _Table(unsealing))
        rows, done = rows + cursor.rowcount, done + 1
        count_on(cursor, table)
    if msgspec.json.decode(line) != {"tables": done}:
        raise backup_damaged("表数不符 · it holds another number of tables than it says")
    unsealing.end()
    return done, rows


def _copy(cursor: Any, table: Table, source: _Table) -> None:
    try:
        cursor.copy_expert(f"copy {table.target} from stdin", source)
    except Exception:  # whatever PostgreSQL makes of a source that failed: why it did says more
        if source.failure:
            raise source.failure from None
        raise


def _assert_empty(cursor: Any, known: Collection[str]) -> None:
    for name in sorted(known):
        if name in _AT_ZERO:
            cursor.execute(f"select coalesce(max(next), 0) > 0 from {name}")
        elif name not in _GIVEN:
            cursor.execute(f"select exists (select from {name})")
        else:
            continue
        if cursor.fetchone() == (True,):
            raise StoreUnsound(
                f"数据库不空：{name} · the database is not empty: {name} has rows",
                "备份只恢复到新的空数据库；停掉各进程，换一个再来 · A backup goes into a new, empty database only: "
                "stop the processes and point DATABASE_URL at one.",
            )


def _assert_known(table: Table, known: dict[str, Table]) -> None:
    here = known.get(table.name)
    if here is None or not set(table.columns) <= set(here.columns):
        raise StoreUnsound(
            f"本版本没有 {table.name} 的这些列 · this version has no such table or columns: {table.name}",
            "请用写备份的版本或更新的版本 · Restore with the version that wrote the backup, or a later one.",
        )


def _bind(cursor: Any, bootstrap: str) -> bool:
    topic = describe_ledger(bootstrap, is_injected=is_injected(cursor))
    with Reader(bootstrap) as reader:
        return bind_restored(cursor, reader, topic)
