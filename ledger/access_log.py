"""The log of who did what: logins, refusals, looks at personal data, exports, rebuilds, changes of accounts and keys.

Only added to: a trigger refuses changes, and no process has a role that could make them (`projections.store.roles`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct
from psycopg2 import sql

from ledger.errors import ShanzhiError
from ledger.postgres import Session

What = Literal[
    "login",
    "login_refused",
    "logout",
    "password_changed",
    "sessions_ended",
    "refused",
    "unsealed",
    "exported",
    "account_changed",
    "log_pruned",
    # by command
    "prepared",
    "publisher_changed",
    "rebuild_begun",
    "rebuilt",
    "generation_dropped",
    "restored",
    "forgotten",
    "master_key_rotated",
]
KEPT_DAYS = 400  # thirteen months and some days
LEAST_DAYS = 183  # a trigger of the table's refuses less
MOST_ROWS = 10_000
_CHARACTERS = 300


class PruneRefused(ShanzhiError):
    """Rows of the log that are too young to go."""

    exit_code = 2


class Line(Struct, frozen=True):
    """One line. `person`: who it was, an opaque id, or the system's user of a command; `about`: the path, entity,
    record, file or account that it was about."""

    number: int
    at: datetime
    what: str
    account: str | None
    person: str | None
    address: str | None
    about: str | None
    details: dict[str, Any]


def write(
    cursor: Any,
    what: What,
    *,
    account: str | None = None,
    person: str | None = None,
    address: str | None = None,
    about: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Adds a line, of texts that are cut and hold no NUL."""
    texts = [_cut(text) for text in (account, person, address, about)]
    told = msgspec.json.encode({key: _cut(value) for key, value in (details or {}).items()}).decode()
    cursor.execute(
        "insert into shanzhi.access_log (what, account, person, address, about, details)"
        " values (%s, %s, %s, %s, %s, %s::jsonb)",
        (what, *texts, told),
    )


def tell(
    database_url: str, what: What, person: str, about: str | None = None, details: Mapping[str, Any] | None = None
) -> None:
    """A line of its own, kept when this returns. Raises `OutcomeUnknown`, `StoreUnsound`."""
    with closing(Session(database_url, "shanzhi access log")) as session:
        session.write(lambda cursor: write(cursor, what, person=person, about=about, details=details))


def lines(
    cursor: Any,
    *,
    account: str | None = None,
    what: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[Line]:
    """The newest lines first."""
    filters = {"account = %(account)s": account, "what = %(what)s": what, "at >= %(since)s": since}
    conditions = [sql.SQL(text) for text, value in filters.items() if value is not None]
    cursor.execute(
        sql.SQL(
            "select number, at, what, account, person, address, about, details::text from shanzhi.access_log"
            " where {} order by number desc limit %(limit)s"
        ).format(sql.SQL(" and ").join([sql.SQL("true"), *conditions])),
        {"account": account, "what": what, "since": since, "limit": min(limit, MOST_ROWS)},
    )
    return [Line(*(*row[:-1], msgspec.json.decode(row[-1]))) for row in cursor.fetchall()]


def prune(cursor: Any, kept: timedelta, by: str) -> int:
    """Takes away what is older, and says how many lines that were. Raises `PruneRefused` for less than 183 days."""
    if kept < timedelta(days=LEAST_DAYS):
        raise PruneRefused(
            f"访问日志至少保留 {LEAST_DAYS} 天 · the log is kept for at least {LEAST_DAYS} days",
            f"shanzhi account prune --keep {KEPT_DAYS}d",
        )
    cursor.execute("delete from shanzhi.access_log where at < clock_timestamp() - %s", (kept,))
    pruned = int(cursor.rowcount)
    write(cursor, "log_pruned", person=by, details={"lines": pruned, "kept_days": kept.days})
    return pruned


def _cut(value: Any) -> Any:
    return value[:_CHARACTERS].replace("\0", "") if isinstance(value, str) else value
