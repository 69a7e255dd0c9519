"""The rows of the register of publishers: what `ledger.publishers` reads and writes, each on a given cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from ledger.announcement import PublisherRefused
from ledger.parties import COLUMNS, Party, fingerprint, party_of

LISTED = f"""
select id, {COLUMNS}, revision, announced_revision, changed_at, revoked_at, array(
    select expires_at from shanzhi.publisher_key
    where publisher = id and not revoked and (expires_at is null or expires_at > clock_timestamp())
    order by made_at
) from shanzhi.publisher order by id
"""


@dataclass(frozen=True)
class Registered:
    """A row of the register. `keys`: when each valid key expires, None for one that does not."""

    party: Party
    revision: int
    announced_revision: int
    changed_at: datetime
    revoked_at: datetime | None
    keys: tuple[datetime | None, ...]


def row_of(party: Party) -> tuple[Any, ...]:
    """The values of `COLUMNS`."""
    lists = (list(party.sources), list(party.types), list(party.places))
    return party.name, *lists, party.rate_per_second, party.rhythm_minutes or None


def registered(row: Any) -> Registered:
    """A row of `LISTED`."""
    *party, revision, announced_revision, changed_at, revoked_at, keys = row
    return Registered(party_of(party), revision, announced_revision, changed_at, revoked_at, tuple(keys))


def rows(cursor: Any, statement: str) -> list[Any]:
    """All rows of a statement."""
    cursor.execute(statement)
    return list(cursor.fetchall())


def in_force(cursor: Any, id_: str) -> tuple[Party, int]:
    """The party and its revision, its row locked until the end of the transaction."""
    cursor.execute(
        f"select id, {COLUMNS}, revision, revoked_at from shanzhi.publisher where id = %s for update", (id_,)
    )
    row = cursor.fetchone()
    if row is None:
        ids = [known for (known,) in rows(cursor, "select id from shanzhi.publisher")]
        near = get_close_matches(id_, ids, n=1)
        raise PublisherRefused(
            f"没有这个发布方 · there is no publisher {id_}",
            (f"是不是 · Did you mean {near[0]}? " if near else "") + "shanzhi publisher list",
        )
    *party, revision, revoked_at = row
    if revoked_at:
        raise PublisherRefused(
            f"发布方已注销 · {id_} was revoked at {revoked_at.isoformat(timespec='seconds')}",
            "请用新编号登记 · Register it anew under another id: shanzhi publisher add.",
        )
    return party_of(party), revision


def take_sources(cursor: Any, party: Party) -> None:
    """Makes the sources the party's own, or says whose they are."""
    cursor.execute(
        "delete from shanzhi.publisher_source where publisher = %s and source <> all(%s)",
        (party.id, list(party.sources)),
    )
    cursor.execute(
        "insert into shanzhi.publisher_source (source, publisher) "
        "select source, %s from unnest(%s) source order by source on conflict do nothing",
        (party.id, list(dict.fromkeys(party.sources))),
    )
    cursor.execute(
        "select source, publisher from shanzhi.publisher_source where source = any(%s) and publisher <> %s limit 1",
        (list(party.sources), party.id),
    )
    row = cursor.fetchone()
    if row:
        raise PublisherRefused(
            f"来源属于另一发布方 · the source {row[0]} is {row[1]}’s",
            f"换一个来源，或先注销 · Give another source, or first: shanzhi publisher revoke {row[1]}.",
        )


def keep_revision(cursor: Any, id_: str, revision: int, event: str) -> None:
    """Keeps the event of a revision until it is announced, and after."""
    cursor.execute("insert into shanzhi.publisher_revision values (%s, %s, %s)", (id_, revision, event))


def keep_key(cursor: Any, id_: str, secret: str) -> None:
    """Keeps the fingerprint of a new key."""
    cursor.execute("insert into shanzhi.publisher_key (sha256, publisher) values (%s, %s)", (fingerprint(secret), id_))
