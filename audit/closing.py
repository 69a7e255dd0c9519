"""Closing a period 考核期结账: figures and the cut of the ledger that they rest on, from one state of the tables.

The event is written to the database with its figures before it is sent, so that a crash or an answer that never came
leaves something to send again; only one closing of a period is on its way at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct

from audit.as_of import Report, folded_to
from audit.figures import Figures, digest, figures
from ledger.envelope import identity
from ledger.errors import ShanzhiError
from ledger.partition import partition_of
from ledger.submission import check
from ledger.topics import PARTITIONS
from projections.families import fingerprint
from projections.period import Period
from projections.read import QuestionRefused, parse_period
from projections.read.snapshot import Snapshot, snapshot
from projections.store.connection import answering, connect
from projections.store.generation import current_of
from projections.store.load import load_states
from projections.store.now import now_of

SOURCE = "urn:shanzhi:periods"
SECONDS = "300s"  # the league of a county's year takes longer than what a worker's transaction may


class ClosedBefore(ShanzhiError):
    """The period's figures were published: they stay, whatever is found out later."""

    exit_code = 3


class Closing(Struct, frozen=True):
    """An event to publish with the figures that it is of; `is_resent` where it was sent before, perhaps in vain."""

    event: dict[str, Any]
    figures: bytes
    is_resent: bool


class Published(Struct, frozen=True):
    """A closed period as the ledger has it. `figures` are the published bytes, None where they were lost."""

    subject: str
    place: str
    period: str
    cut: dict[int, int]
    sha256: str
    closed_at: datetime
    closed_by: str | None
    closings: int
    figures: bytes | None


def subject_of(place: str, period: str) -> str:
    """`period/<place id>~<period>`. Raises `QuestionRefused` where it is no place or no period of whole months."""
    kind, _, own = place.partition("/")
    if kind != "place" or not own:
        raise QuestionRefused(f"“{place[:80]}”不是地点 · is no place", "写成 place/zuoyun · Write it so.")
    parse_period(period).in_whole_months()
    return f"period/{own}~{period}"


def prepare(database_url: str, place: str, period: str, by: str) -> Closing:
    """The closing to publish, kept in the database from now on.

    Raises `ClosedBefore` where the period was closed, `QuestionRefused` where it is not over or has no figures,
    `EventRefused` where a way in would refuse the event.
    """
    subject = subject_of(place, period)
    with answering(), closing(_connected(database_url)) as connection:
        with snapshot(connection) as tables, tables.cursor() as cursor:
            now, generation = now_of(cursor), current_of(cursor, fingerprint())
            before = _before(cursor, generation, subject)
            if before is None:
                made = figures(tables, generation, place, period, _over(period, now))
                event = _event(subject, made, _cut(cursor, generation), by)
        if before is not None:
            return before
        check(event, now)
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (subject,))
            other = _before(cursor, generation, subject)  # somebody else may have closed it meanwhile
            if other is None:
                _keep(cursor, event, made.encoded())
        return other or Closing(event, made.encoded(), False)


def published(cursor: Any, generation: str, place: str, period: str) -> Published:
    """The closed period, in a transaction. Raises `QuestionRefused` where nobody closed it."""
    subject = subject_of(place, period)
    state = _state(cursor, generation, subject)
    if state is None or state.closed_at is None or state.sha256 is None:
        raise QuestionRefused(
            f"{place} {period} 尚未结账 · was not closed", f"先结账 · Close it: shanzhi period close {place} {period}"
        )
    cursor.execute(
        "select figures from shanzhi.closing where subject = %s and encode(sha256(figures), 'hex') = %s limit 1",
        (subject, state.sha256),
    )
    row = cursor.fetchone()
    cut = dict(enumerate(state.cut))
    return Published(
        subject, place, period, cut, state.sha256, state.closed_at, state.closed_by, state.closings,
        bytes(row[0]) if row else None,
    )  # fmt: skip


def known_now(tables: Snapshot, generation: str, closed: Published) -> Figures:
    """The figures by all that is known by now, as of the moment of closing: only events change them, not time."""
    return figures(tables, generation, closed.place, closed.period, closed.closed_at)


def refolded(
    database_url: str, kafka_bootstrap: str, closed: Published, report: Report = lambda done, total: None
) -> str:
    """The SHA-256 of the figures that a fresh fold of the ledger up to the cut has."""
    with (
        folded_to(database_url, kafka_bootstrap, closed.cut, report) as schema,
        answering(),
        closing(_connected(database_url)) as connection,
        snapshot(connection) as tables,
    ):
        return digest(known_now(tables, schema, closed).encoded())


def _connected(database_url: str) -> Any:
    return connect(database_url, "shanzhi period", transaction_timeout=SECONDS)


def _before(cursor: Any, generation: str, subject: str) -> Closing | None:
    """A closing that was prepared and that the tables have not heard of. Raises `ClosedBefore`."""
    state = _state(cursor, generation, subject)
    if state is not None and state.closed_at is not None:
        place, period = state.scope, subject.partition("~")[2]
        raise ClosedBefore(
            f"{place} {period} 已于 {state.closed_at.isoformat()} 结账 · was closed then, by {state.closed_by}",
            f"已公布的数字不再改变；看变动 · What was published stays. See what changed since: "
            f"shanzhi period restatements {place} {period}",
        )
    partition = partition_of(subject.encode(), PARTITIONS)
    cursor.execute(
        "select event::text, figures from shanzhi.closing kept where subject = %s and not exists ("
        f"  select from shanzhi.event_index own join {generation}.position applied using (partition)"
        "  where own.partition = %s and own.identity = kept.identity and own.ledger_offset < applied.next"
        ") order by made_at limit 1",
        (subject, partition),
    )
    row = cursor.fetchone()
    return Closing(msgspec.json.decode(row[0]), bytes(row[1]), True) if row else None


def _state(cursor: Any, generation: str, subject: str) -> Period | None:
    cursor.execute(f"set local search_path = {generation}")
    state = load_states(cursor, {subject}, {}).get(subject)
    return state if isinstance(state, Period) else None


def _over(period: str, now: datetime) -> datetime:
    """Now, once the period is over."""
    if parse_period(period).ends > now:
        raise QuestionRefused(
            f"{period} 尚未结束 · is not over", "月底之后再结账 · Close it after its last day, 24:00 in Shanghai."
        )
    return now


def _cut(cursor: Any, generation: str) -> list[int]:
    cursor.execute(f"select next from {generation}.position order by partition")
    return [offset for (offset,) in cursor]


def _event(subject: str, made: Figures, cut: list[int], by: str) -> dict[str, Any]:
    sha256 = digest(made.encoded())
    told = msgspec.json.encode((subject, sha256, cut, by)).decode()
    rules = [{"rule": one.rule, "version": f"{one.name} {one.version}"} for one in made.rules]
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, told)),
        "source": SOURCE,
        "type": "period.closed",
        "subject": subject,
        "time": made.as_of.astimezone(UTC).isoformat(),
        "authid": by,
        "data": {"scope": made.place, "rules": rules, "cut": cut, "sha256": sha256},
    }


def _keep(cursor: Any, event: Mapping[str, Any], text: bytes) -> None:
    own = identity(event["source"], event["id"])
    cursor.execute(
        "insert into shanzhi.closing (event_id, identity, subject, event, figures) values (%s, %s, %s, %s, %s)",
        (event["id"], own, event["subject"], msgspec.json.encode(event).decode(), text),
    )
