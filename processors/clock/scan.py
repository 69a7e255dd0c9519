"""Which deadlines may have run out: read by index, a page at a time, none that can't be due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from projections.family import Deadline
from projections.rules.clocks import SpanKey

PAGE_ROWS = 500
Place = tuple[str, str, str]
"""Subject, clock and key: where a page ended."""
FIRST: Place = ("", "", "")
_pauses = msgspec.json.Decoder(tuple[tuple[datetime, datetime | None], ...])

# What was told over a day late fires nothing: such a history brings its own word along. The condition is the index's.
_RIPE = """
with span (family, clock, class, least) as (select * from unnest(%(families)s, %(clocks)s, %(classes)s, %(least)s))
select subject, clock, key, holder, started_at, recorded_at, span_class, due, pauses::text
from (
    select stamped.* from {generation}.deadline stamped
    where due is not null and recorded_at - started_at <= interval '24 hours' and due <= %(until)s
    union all
    select computed.* from span cross join lateral (
        select * from {generation}.deadline running
        where due is null and recorded_at - started_at <= interval '24 hours' and running.clock = span.clock
          and running.span_class = span.class and started_at <= %(until)s - span.least
          and split_part(subject, '/', 1) = span.family
        offset 0  -- else they are joined by merging, and every running clock is read
    ) computed
) ripe
where (subject, clock, key) > (%(subject)s, %(clock)s, %(key)s)
order by subject, clock, key
limit %(rows)s
"""


class Ripe(NamedTuple):
    """A deadline that may have run out."""

    subject: str
    deadline: Deadline

    @property
    def family(self) -> str:
        """The kind of the subject."""
        return self.subject.partition("/")[0]

    @property
    def place(self) -> Place:
        """Where it stands in the order of the scan."""
        return (self.subject, self.deadline.clock, self.deadline.key)


def ripe(
    cursor: Any, generation: str, until: datetime, least: Mapping[SpanKey, timedelta], after: Place
) -> list[Ripe]:
    """The next page of those with a due, or a start and a least span, up to `until`."""
    subject, clock, key = after
    cursor.execute(
        _RIPE.format(generation=generation),
        {
            "families": [one[0] for one in least],
            "clocks": [one[1] for one in least],
            "classes": [one[2] for one in least],
            "least": list(least.values()),
            "until": until,
            "subject": subject,
            "clock": clock,
            "key": key,
            "rows": PAGE_ROWS,
        },
    )
    return [_ripe(*row) for row in cursor.fetchall()]


def _ripe(
    subject: str, clock: str, key: str, holder: str | None, started_at: datetime, recorded_at: datetime,
    span_class: str, due: datetime | None, pauses: str,
) -> Ripe:  # fmt: skip
    deadline = Deadline(
        clock=clock,
        key=key,
        holder=holder,
        started_at=started_at,
        recorded_at=recorded_at,
        span_class=span_class,
        due=due,
        pauses=_pauses.decode(pauses),
    )
    return Ripe(subject, deadline)
