"""Writes a backup: every permanent table as of one moment, streamed, while everything else goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from audit.alone import alone
from audit.backup.refusals import no_file
from audit.backup.sealed import Sealing
from audit.backup.tables import Table, master_keys_of, permanent_tables
from ledger.keyring import KeyRing
from projections.store.connection import answering, connect

Report = Callable[[int, int, str], None]
"""Called with tables done, tables in all, and the table that is next."""

_PIECE_BYTES = 64 * 1024
_UNFINISHED = ".unfinished"


class Written(NamedTuple):
    """What a backup holds."""

    tables: int
    rows: int
    bytes: int


class _Pieces:
    """What COPY writes, in pieces with their lengths before them; an empty one ends a table."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing, self._piece = sealing, bytearray()

    def write(self, content: bytes) -> int:
        self._piece += content
        if len(self._piece) >= _PIECE_BYTES:
            self._send()
        return len(content)

    def end(self) -> None:
        if self._piece:
            self._send()
        self._send()

    def _send(self) -> None:
        self._sealing.write(len(self._piece).to_bytes(4, "big") + self._piece)
        self._piece.clear()


def write(
    database_url: str, path: Path, master_key: bytes, made_at: str, report: Report = lambda done, total, name: None
) -> Written:
    """Writes the file, for its owner's eyes alone; a name that is taken is refused (`BackupRefused`, `AlreadyWritten`).

    Raises `OutcomeUnknown` where PostgreSQL is away, `VaultLocked` for a key that is not the vault's: no file is left.
    """
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        if path.exists():
            raise FileExistsError(17, "文件已存在 · the file exists")
        with alone(unfinished, 0o600):
            try:
                with unfinished.open("wb") as stream:
                    tables, rows = _write(database_url, stream, master_key, made_at, report)
                    stream.flush()
                    os.fsync(stream.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
    except OSError as failure:
        raise no_file(path, failure) from failure
    return Written(tables, rows, path.stat().st_size)


def _write(database_url: str, stream: Any, master_key: bytes, made_at: str, report: Report) -> tuple[int, int]:
    unlimited = {"transaction_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    rows = 0
    with answering(), closing(connect(database_url, "shanzhi backup", **unlimited)) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection, connection.cursor() as cursor:
            KeyRing(master_key).open(master_keys_of(cursor))  # a backup under a key that is not the vault's is none
            tables = permanent_tables(cursor)
            cursor.execute("select id::text from shanzhi.installation")
            sealing = Sealing(stream, master_key, cursor.fetchone()[0], made_at)
            for number, table in enumerate(tables):
                report(number, len(tables), table.name)
                rows += _write_table(cursor, table, sealing)
            sealing.write(msgspec.json.encode({"tables": len(tables)}) + b"\n")
            sealing.finish()
    return len(tables), rows


def _write_table(cursor: Any, table: Table, sealing: Sealing) -> int:
    sealing.write(msgspec.json.encode(table) + b"\n")
    pieces = _Pieces(sealing)
    cursor.copy_expert(f"copy {table.target} to stdout", pieces, _PIECE_BYTES)
    pieces.end()
    return int(cursor.rowcount)
