"""Our own answers that readers' tables don't show yet: in the outbox, or in the ledger and not folded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from processors.decider.answer import SOURCE

_PENDING = """
    select value from (
        select number, value from shanzhi.outbox where published_at is null and source = %(source)s
        union all
        select made.number, made.value from position
        join shanzhi.outbox made on made.partition = position.partition and made.ledger_offset >= position.next
        where made.published_at is not null and made.source = %(source)s
    ) pending
    order by number
"""


class _Data(Struct, frozen=True):
    to: str | None = None
    continues: str | None = None


class Pending(Struct, frozen=True):
    """One of our events: its type, subject and time, whom it gives a case to, or which case it continues."""

    type: str
    subject: str
    time: datetime
    data: _Data


_decode = msgspec.json.Decoder(Pending).decode


def pending(cursor: Any) -> Iterator[Pending]:
    """All of them, in the order in which they were decided; the generation is first in search_path."""
    cursor.execute(_PENDING, {"source": SOURCE})
    for (value,) in cursor.fetchall():
        yield _decode(bytes(value))
