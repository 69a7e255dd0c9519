"""The register of publishers: the rows that admission reads, and the event that announces each revision of them.

Row and announcement are written in one transaction; the announcement is published afterwards, by whoever comes
next, and a second time is a repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import urandom
from typing import Any

from ledger.announcement import PublisherRefused, announcement, check_party, told
from ledger.parties import COLUMNS, SECRET_BYTES, Party, secret_of
from ledger.postgres import Session
from ledger.publisher_rows import (
    LISTED,
    Registered,
    in_force,
    keep_key,
    keep_revision,
    registered,
    row_of,
    rows,
    take_sources,
)

GRACE = timedelta(hours=24)
GRACE_AT_MOST = timedelta(days=366)


@dataclass(frozen=True)
class Announcement:
    """A revision that the ledger does not hold yet, as the event to publish."""

    publisher: str
    revision: int
    event: bytes


class Register:
    """Writes the register. For commands, not for the way of an event: that is `Parties`. Not thread-safe.

    Raises `PublisherRefused`, `EventRefused` where the announcement breaks a rule of the catalogue,
    `OutcomeUnknown` where PostgreSQL is away. Nothing was written where it raises, save after `OutcomeUnknown`.
    """

    def __init__(self, database_url: str, random_bytes: Callable[[int], bytes] = urandom) -> None:
        self._session = Session(database_url, "shanzhi publishers")
        self._random_bytes = random_bytes

    def add(self, party: Party, by: str, now: datetime) -> str:
        """Registers a party and gives its secret key, which is kept nowhere. `by`: who decided it, opaque."""
        check_party(party)
        event = announcement(party.id, 1, "registered", told(party), by, now)
        secret = secret_of(self._random_bytes(SECRET_BYTES))

        def work(cursor: Any) -> None:
            cursor.execute(
                f"insert into shanzhi.publisher (id, {COLUMNS}, changed_at) values (%s, %s, %s, %s, %s, %s, %s, %s) "
                "on conflict (id) do nothing returning id",
                (party.id, *row_of(party), now),
            )
            if cursor.fetchone() is None:
                raise PublisherRefused(
                    f"编号已被使用 · the id {party.id} is taken",
                    "换一个编号；新密钥用 rotate · Choose another id; for a new key: shanzhi publisher rotate.",
                )
            take_sources(cursor, party)
            keep_revision(cursor, party.id, 1, event)
            keep_key(cursor, party.id, secret)

        self._session.write(work)
        return secret

    def change(self, id_: str, changes: Mapping[str, Any], by: str, now: datetime) -> Party:
        """The party with other values of its fields (those of `Party` but the id), announced."""

        def work(cursor: Any) -> Party:
            before, revision = in_force(cursor, id_)
            party = replace(before, **changes)
            check_party(party)
            data = {name: value for name, value in told(party).items() if name in changes}
            if "rhythm_minutes" in changes:
                data["rhythm_minutes"] = party.rhythm_minutes or 0
            event = announcement(id_, revision + 1, "changed", data, by, now)
            cursor.execute(
                f"update shanzhi.publisher set ({COLUMNS}, revision, changed_at) = "
                "(%s, %s, %s, %s, %s, %s, %s, %s) where id = %s",
                (*row_of(party), revision + 1, now, id_),
            )
            take_sources(cursor, party)
            keep_revision(cursor, id_, revision + 1, event)
            return party

        return self._session.write(work)

    def rotate(self, id_: str, grace: timedelta = GRACE) -> str:
        """A new key; the ones before expire after `grace`."""
        if not timedelta(0) <= grace <= GRACE_AT_MOST:
            remedy = f"0 至 {GRACE_AT_MOST.days} 天 · Give 0 to {GRACE_AT_MOST.days} days."
            raise PublisherRefused(f"宽限期不合理 · no grace can be {grace}", remedy)
        secret = secret_of(self._random_bytes(SECRET_BYTES))

        def work(cursor: Any) -> None:
            in_force(cursor, id_)
            cursor.execute(
                "update shanzhi.publisher_key set expires_at = least(expires_at, clock_timestamp() + %s) "
                "where publisher = %s and not revoked",
                (grace, id_),
            )
            keep_key(cursor, id_, secret)

        self._session.write(work)
        return secret

    def revoke(self, id_: str, reason: str | None, by: str, now: datetime) -> None:
        """Ends a party: its keys are nobody's, its sources are free for a successor, its id stays taken."""

        def work(cursor: Any) -> None:
            _, revision = in_force(cursor, id_)
            event = announcement(id_, revision + 1, "revoked", {"reason": reason} if reason else {}, by, now)
            cursor.execute(
                "update shanzhi.publisher set revoked_at = %s, changed_at = %s, revision = %s where id = %s",
                (now, now, revision + 1, id_),
            )
            cursor.execute("update shanzhi.publisher_key set revoked = true where publisher = %s", (id_,))
            cursor.execute("delete from shanzhi.publisher_source where publisher = %s", (id_,))
            keep_revision(cursor, id_, revision + 1, event)

        self._session.write(work)

    def listed(self) -> list[Registered]:
        """The whole register by id, revoked ones too."""
        return [registered(row) for row in self._session.ask(lambda cursor: rows(cursor, LISTED))]

    def unannounced(self) -> list[Announcement]:
        """What has to be published still, the revisions of a publisher in their order."""
        statement = (
            "select publisher, revision_of.revision, event from shanzhi.publisher_revision revision_of "
            "join shanzhi.publisher on id = publisher where revision_of.revision > announced_revision order by 1, 2"
        )
        found = self._session.ask(lambda cursor: rows(cursor, statement))
        return [Announcement(id_, revision, event.encode()) for id_, revision, event in found]

    def announced(self, one: Announcement) -> None:
        """Remembers that the ledger holds this revision."""
        statement = "update shanzhi.publisher set announced_revision = greatest(announced_revision, %s) where id = %s"
        self._session.write(lambda cursor: cursor.execute(statement, (one.revision, one.publisher)))

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()
