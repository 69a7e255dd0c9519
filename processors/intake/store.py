"""The table of the intake's quarantine: written in bulk, emptied of old originals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ledger.codec import EPOCH
from ledger.errors import PersonForgotten
from ledger.sealing import Keys
from processors.intake.judging import Rejected
from processors.intake.originals import KEPT_DAYS, is_kept, owner_of, place_of, seal_original
from projections.store.connection import answering, connect
from projections.store.script import escape

_COLUMNS = (
    "topic_id, partition, record_offset, stamp, publisher, identity, reason, code, pointer, detail, bytes, sealed, "
    "key_owner"
)
_DETAIL_CHARACTERS = 300
_AT_ONCE = 5_000


class IntakeQuarantine:
    """One connection, made anew where it was lost. Not thread-safe: one for each lane.

    Every method raises `OutcomeUnknown` where PostgreSQL is away.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: Any = None

    def add(self, topic_id: str, partition: int, rows: Sequence[Rejected], keys: Keys) -> None:
        """All rows in one transaction; those that are there already stay as they are."""
        ciphers = _ciphers({owner_of(row.arrival.timestamp) for row in rows if is_kept(row.arrival)}, keys)
        text = "".join(_line(topic_id, partition, row, ciphers) for row in rows)
        with self._transaction() as cursor:
            cursor.copy_expert("copy pg_temp.arriving from stdin", StringIO(text))
            cursor.execute(
                f"insert into shanzhi.intake_quarantine ({_COLUMNS}) select {_COLUMNS} from pg_temp.arriving "
                "on conflict do nothing"
            )

    def forget(self, today: date) -> int:
        """Destroys originals of days over `KEPT_DAYS` ago with their keys; how many rows lost theirs."""
        oldest = today - timedelta(days=KEPT_DAYS)
        with self._transaction() as cursor:  # the keys first: copies of the rows elsewhere are noise from then on
            cursor.execute("select vault.destroy_originals(%s)", (oldest.isoformat(),))
        return sum(iter(lambda: self._empty(oldest), 0))

    def close(self) -> None:
        """Ends the connection; the next call makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _empty(self, oldest: date) -> int:
        with self._transaction() as cursor:
            cursor.execute(
                "update shanzhi.intake_quarantine set sealed = null where (topic_id, partition, record_offset) in ("
                "select topic_id, partition, record_offset from shanzhi.intake_quarantine "
                "where stamp < %s and sealed is not null limit %s for update)",
                (datetime(oldest.year, oldest.month, oldest.day, tzinfo=UTC), _AT_ONCE),
            )
            return int(cursor.rowcount)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            with answering():
                if self._connection is None:
                    self._connection = _connected(self._url)
                with self._connection, self._connection.cursor() as cursor:
                    yield cursor
        except BaseException:
            self.close()
            raise


def _connected(database_url: str) -> Any:
    connection = connect(database_url, "shanzhi intake")
    with connection, connection.cursor() as cursor:
        cursor.execute("create temporary table arriving (like shanzhi.intake_quarantine) on commit delete rows")
    return connection


def _ciphers(owners: Iterable[str], keys: Keys) -> Mapping[str, AESSIV]:
    """One a day; a day whose key was destroyed has none."""
    wanted = set(owners)
    while True:
        try:
            return {owner: AESSIV(key) for owner, key in keys.for_owners(wanted).items()}
        except PersonForgotten as forgotten:
            if not forgotten.owners & wanted:
                raise
            wanted -= forgotten.owners


def _line(topic_id: str, partition: int, row: Rejected, ciphers: Mapping[str, AESSIV]) -> str:
    one = row.arrival
    owner = owner_of(one.timestamp)
    cipher = ciphers.get(owner) if is_kept(one) else None
    sealed = cipher and seal_original(cipher, one, place_of(topic_id, partition, one.offset))
    cells = (
        topic_id,
        str(partition),
        str(one.offset),
        (EPOCH + timedelta(milliseconds=one.timestamp)).isoformat(),
        _text(row.publisher),
        _text(row.identity),
        row.reason,
        _text(row.code),
        _text(row.pointer),
        _text(row.detail[:_DETAIL_CHARACTERS]),
        str(one.size_bytes),
        f"\\\\x{sealed.hex()}" if sealed else "\\N",
        owner if sealed else "\\N",
    )
    return "\t".join(cells) + "\n"


def _text(text: str | None) -> str:
    """As COPY takes it; what PostgreSQL could not hold is replaced."""
    if text is None:
        return "\\N"
    return escape(text.encode("utf-8", "replace").decode().replace("\0", "\ufffd"))

