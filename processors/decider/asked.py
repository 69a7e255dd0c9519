"""The requests that wait for a decision, and the mark of one that was decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

OUTCOME_CHARACTERS = 300
CONTINUED_BY = "continued by "
UNDECIDED = "undecided: "
# A request is decided once the record that it came of is folded in what readers see; others wait for their turn.
_WAITING = """
    select asked.id::text, asked.kind, asked.subject, asked.cause_id, asked.cause_source, asked.time,
        asked.outcome, asked.details::text, coalesce(made.depth, 0)
    from shanzhi.request asked
    join position on position.partition = asked.partition and position.next > asked.ledger_offset
    left join shanzhi.outbox made on made.source = asked.cause_source and made.id = asked.cause_id
    where asked.decided_at is null and asked.kind = any(%s)
    order by asked.stamp, asked.partition, asked.ledger_offset, asked.kind collate "C", asked.key
    limit %s
"""
# What nothing could be decided for is asked again and again, and counts apart. By the time that records are stamped by.
_UNANSWERED = """
    select count(*), coalesce(extract(epoch from
        coalesce((select time from shanzhi.injected_time), clock_timestamp()) - min(stamp)), 0)::float8
    from shanzhi.request where decided_at is null and outcome is null and kind = any(%s)
"""
_UNDECIDED = "select count(*) from shanzhi.request where starts_with(outcome, 'undecided: ') and kind = any(%s)"
_CONTINUED = """
    select distinct on (subject) subject, substr(outcome, %s) from shanzhi.request
    where kind = 'reopen' and subject = any(%s) and outcome like %s
    order by subject, decided_at desc
"""


class Asked(NamedTuple):
    """A request. `time` is that of the record it came of, `depth` how many events of ours led to that record.

    `outcome` is what came of it the last time, where it was asked before.
    """

    id: str
    kind: str
    subject: str
    cause_id: str
    cause_source: str
    time: datetime
    outcome: str | None
    details: dict[str, Any]
    depth: int

    def answer_id(self, type_: str, key: str = "") -> str:
        """The id of an event that answers it: the same whoever decides, and however often."""
        return str(uuid5(UUID(self.id), f"{type_} {key}".strip()))


def waiting(cursor: Any, kinds: Collection[str], limit: int) -> list[Asked]:
    """Undecided requests of these kinds, oldest first; the generation is first in search_path."""
    cursor.execute(_WAITING, (list(kinds), limit))
    return [_asked(*row) for row in cursor.fetchall()]


def _asked(*columns: Any) -> Asked:
    *said, details, depth = columns
    return Asked._make([*said, msgspec.json.decode(details), depth])


def unanswered(cursor: Any, kinds: Collection[str]) -> tuple[int, float]:
    """How many requests of these kinds wait for their first answer, and for how many seconds the oldest of them has."""
    cursor.execute(_UNANSWERED, (list(kinds),))
    count, seconds = cursor.fetchone()
    return int(count), float(seconds)


def undecided(cursor: Any, kinds: Collection[str]) -> int:
    """For how many requests of these kinds nothing could be decided so far."""
    cursor.execute(_UNDECIDED, (list(kinds),))
    return int(cursor.fetchone()[0])


def continued(cursor: Any, subjects: Collection[str]) -> dict[str, str]:
    """The case that was last opened to continue each of these."""
    if not subjects:
        return {}
    cursor.execute(_CONTINUED, (len(CONTINUED_BY) + 1, list(subjects), f"{CONTINUED_BY}%"))
    return dict(cursor.fetchall())


def ask_again(cursor: Any, kinds: Collection[str], limit: int) -> None:
    """What nothing could be decided for waits again, those first whose turn was longest ago.

    A place may be registered by now that a case can go to.
    """
    cursor.execute(
        "update shanzhi.request set decided_at = null where id in (select id from shanzhi.request "
        "where starts_with(outcome, 'undecided: ') and decided_at is not null and kind = any(%s) "
        "order by decided_at limit %s)",
        (list(kinds), limit),
    )


def settle(cursor: Any, outcomes: Iterable[tuple[str, str]], now: datetime) -> None:
    """Marks requests as decided, each with what came of it."""
    rows = list(outcomes)
    cursor.execute(
        "update shanzhi.request set decided_at = %s, outcome = told.outcome "
        "from unnest(%s::uuid[], %s::text[]) told (id, outcome) where request.id = told.id and decided_at is null",
        (now, [id_ for id_, _ in rows], [outcome[:OUTCOME_CHARACTERS] for _, outcome in rows]),
    )
