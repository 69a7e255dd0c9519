"""Both quarantines as one list, and the decisions about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ledger.writer import Receipt
from processors.desk.references import DeskRefused, Reference
from projections.store.connection import answering, connect

MOST_ROWS = 10_000
Decision = Literal["retried", "dropped"]

_BOTH = """
select 'ledger' as origin, coalesce(topic_id, '') as topic_id, partition, ledger_offset as record_offset, stamp,
    null as publisher, replace(identity::text, '-', '') as identity, reason, null as code, null as pointer, detail,
    null::integer as bytes, false as is_kept
from shanzhi.quarantine left join shanzhi.index_position using (partition)
union all
select 'intake', topic_id, partition, record_offset, stamp, publisher, replace(identity::text, '-', ''), reason, code,
    pointer, detail, bytes, sealed is not null
from shanzhi.intake_quarantine
"""
_DECIDED = """
select listed.*, decision, by, note, decided_at, decided.ledger_partition, decided.ledger_offset from ({both}) listed
left join lateral (
    select * from shanzhi.quarantine_decision made
    where made.origin = listed.origin and made.partition = listed.partition
        and made.record_offset = listed.record_offset
        and (made.origin = 'ledger' or made.topic_id = listed.topic_id)
    order by id desc limit 1
) decided on true
"""


class Item(NamedTuple):
    """A quarantined record with the latest decision about it; nothing personal."""

    origin: Literal["ledger", "intake"]
    topic_id: str
    partition: int
    offset: int
    stamp: datetime
    publisher: str | None
    identity: str | None
    reason: str
    code: str | None
    pointer: str | None
    detail: str
    bytes: int | None
    is_kept: bool
    decision: Decision | None
    by: str | None
    note: str | None
    decided_at: datetime | None
    ledger_partition: int | None
    ledger_offset: int | None

    @property
    def reference(self) -> Reference:
        """Its name."""
        return Reference(self.origin, self.partition, self.offset)


class Sealed(NamedTuple):
    """The original of an intake record, sealed; and whose key opens it."""

    sealed: bytes
    owner: str


class Register:
    """Raises `OutcomeUnknown` where PostgreSQL is away."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def listed(
        self,
        reason: str | None = None,
        since: datetime | None = None,
        is_open: bool = False,
        limit: int = 100,
    ) -> Sequence[Item]:
        """The newest first; `is_open`: those that nobody decided about."""
        where = (
            "where (%(reason)s::text is null or reason = %(reason)s) "
            "and (%(since)s::timestamptz is null or stamp >= %(since)s) and (not %(is_open)s or decision is null) "
            "order by stamp desc, origin, partition, record_offset desc limit %(limit)s"
        )
        given = {"reason": reason, "since": since, "is_open": is_open, "limit": min(limit, MOST_ROWS)}
        with self._transaction() as cursor:
            cursor.execute(_DECIDED.format(both=_BOTH) + where, given)
            return [Item(*row) for row in cursor]

    def item(self, one: Reference) -> Item:
        """Raises `DeskRefused` where it is not in quarantine. Of topics made again, the latest."""
        where = (
            "where listed.origin = %s and listed.partition = %s and listed.record_offset = %s "
            "order by stamp desc limit 1"
        )
        with self._transaction() as cursor:
            cursor.execute(_DECIDED.format(both=_BOTH) + where, one)
            row = cursor.fetchone()
        if row is None:
            raise DeskRefused(f"{one} 不在隔离区 · is not in quarantine", "See: shanzhi quarantine list")
        return Item(*row)

    @contextmanager
    def deciding(self, one: Reference) -> Iterator[Item]:
        """The record, for whoever decides about it: nobody else does meanwhile, or they raise `DeskRefused`.

        The lock is a session's, since publishing may take longer than a transaction may; it ends with the process.
        """
        with answering(), closing(connect(self._url, "shanzhi quarantine")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (f"shanzhi quarantine {one}",))
                if not cursor.fetchone()[0]:
                    raise DeskRefused(
                        f"{one} 正由他人处理 · is being decided by somebody else right now",
                        "稍后再看 · Look again in a moment: shanzhi quarantine show",
                    )
            yield self.item(one)

    def original(self, item: Item) -> Sealed | None:
        """What the intake kept of it; None where it is not kept (any more)."""
        with self._transaction() as cursor:
            cursor.execute(
                "select sealed, key_owner from shanzhi.intake_quarantine "
                "where topic_id = %s and partition = %s and record_offset = %s and sealed is not null",
                (item.topic_id, item.partition, item.offset),
            )
            row = cursor.fetchone()
        return Sealed(bytes(row[0]), row[1]) if row else None

    def retried(self, item: Item, by: str, note: str, receipt: Receipt) -> None:
        """Notes where the repaired copy stands."""
        with self._transaction() as cursor:
            _decide(cursor, item, "retried", by, note, receipt)

    def dropped(self, item: Item, by: str, note: str) -> None:
        """Notes the decision; an intake record's original is destroyed with it."""
        with self._transaction() as cursor:
            _decide(cursor, item, "dropped", by, note, None)
            if item.origin == "intake":
                cursor.execute(
                    "update shanzhi.intake_quarantine set sealed = null "
                    "where topic_id = %s and partition = %s and record_offset = %s",
                    (item.topic_id, item.partition, item.offset),
                )

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with (
            answering(),
            closing(connect(self._url, "shanzhi quarantine")) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            yield cursor


def _decide(cursor: Any, item: Item, decision: Decision, by: str, note: str, receipt: Receipt | None) -> None:
    place = (receipt.partition, receipt.offset) if receipt else (None, None)
    cursor.execute(
        "insert into shanzhi.quarantine_decision (origin, topic_id, partition, record_offset, decision, by, note, "
        "ledger_partition, ledger_offset) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (item.origin, item.topic_id, item.partition, item.offset, decision, by, note, *place),
    )
