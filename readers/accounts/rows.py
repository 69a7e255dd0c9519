"""The statements on accounts and sessions, each on a cursor in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from readers.accounts.login import Grant, Login

IDLE_MINUTES = 60
MOST_HOURS = 12
MOST_SESSIONS = 20  # of an account: the oldest end
_LASTING = f"""
    clock_timestamp() < seen_at + interval '{IDLE_MINUTES} minutes'
    and clock_timestamp() < began_at + interval '{MOST_HOURS} hours'
"""
GRANTS = """
    (select coalesce(jsonb_agg(jsonb_build_object('role', role, 'place', place, 'unit', unit) order by role, place, unit), '[]')::text
    from shanzhi.account_grant where account_grant.account = account.name)
"""  # noqa: E501
_LOGIN = f"""
select name, shown_name, person, is_initial, {GRANTS}, clock_timestamp() > seen_at + interval '1 minute'
from shanzhi.session join shanzhi.account on account.name = session.account
where sha256 = %s and disabled_at is null and {_LASTING}
"""
_grants = msgspec.json.Decoder(tuple[Grant, ...])


class Account(NamedTuple):
    """An account as logging in needs it."""

    name: str
    person: str
    password_hash: str
    is_initial: bool
    password_days: int
    is_disabled: bool


def account(cursor: Any, name: str) -> Account | None:
    """By its name."""
    cursor.execute(
        "select name, person, password_hash, is_initial,"
        " extract(day from clock_timestamp() - password_at)::integer, disabled_at is not null"
        " from shanzhi.account where name = %s",
        (name,),
    )
    row = cursor.fetchone()
    return Account(*row) if row else None


def login(cursor: Any, key: bytes, csrf: str) -> Login | None:
    """Whose session it is, where it lasts; that it was seen is noted once a minute."""
    cursor.execute(_LOGIN, (key,))
    row = cursor.fetchone()
    if row is None:
        return None
    name, shown_name, person, is_initial, grants, is_long_ago = row
    if is_long_ago:
        cursor.execute("update shanzhi.session set seen_at = clock_timestamp() where sha256 = %s", (key,))
    return Login(name, shown_name, person, _grants.decode(grants), csrf, must_change=is_initial)


def begin(cursor: Any, name: str, key: bytes) -> None:
    """A session; those of the account that have ended are taken away, and what is more than it may have."""
    cursor.execute(f"delete from shanzhi.session where account = %s and not ({_LASTING})", (name,))
    cursor.execute(
        "delete from shanzhi.session where account = %(name)s and sha256 not in"
        " (select sha256 from shanzhi.session where account = %(name)s order by began_at desc limit %(kept)s)",
        {"name": name, "kept": MOST_SESSIONS - 1},
    )
    cursor.execute("insert into shanzhi.session (sha256, account) values (%s, %s)", (key, name))


def end(cursor: Any, key: bytes) -> None:
    """One session."""
    cursor.execute("delete from shanzhi.session where sha256 = %s", (key,))


def end_all(cursor: Any, name: str, but: bytes | None = None) -> int:
    """All sessions of an account but one; how many."""
    cursor.execute("delete from shanzhi.session where account = %s and sha256 is distinct from %s", (name, but))
    return int(cursor.rowcount)


def sessions(cursor: Any, name: str) -> int:
    """How many sessions of an account last."""
    cursor.execute(f"select count(*) from shanzhi.session where account = %s and {_LASTING}", (name,))
    return int(cursor.fetchone()[0])


def rehash(cursor: Any, name: str, before: str, now: str) -> None:
    """The same password, hashed with today's parameters."""
    cursor.execute(
        "update shanzhi.account set password_hash = %s where name = %s and password_hash = %s", (now, name, before)
    )


def set_password(cursor: Any, name: str, hash_: str, *, is_initial: bool) -> None:
    """Another password, which ends all sessions."""
    cursor.execute(
        "update shanzhi.account set password_hash = %s, is_initial = %s, password_at = clock_timestamp()"
        " where name = %s",
        (hash_, is_initial, name),
    )
    end_all(cursor, name)


def set_grants(cursor: Any, name: str, grants: Sequence[Grant]) -> None:
    """These and no others."""
    cursor.execute("delete from shanzhi.account_grant where account = %s", (name,))
    for grant in grants:
        cursor.execute(
            "insert into shanzhi.account_grant (account, role, place, unit) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            (name, grant.role, grant.place, grant.unit),
        )
