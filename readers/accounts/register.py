"""The register of accounts as `shanzhi account` keeps it. Every change is a line of the access log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ledger import access_log
from ledger.access_log import Line, write
from ledger.errors import ShanzhiError
from ledger.postgres import Session
from readers.accounts import rows
from readers.accounts.login import ROLES, Grant
from readers.accounts.passwords import check_password, hashed, new_password
from readers.accounts.rights import COUNTY_WIDE, NEEDS

ACCOUNTS_AT_MOST = 10_000
SHOWN_CHARACTERS = 60
_REFERENCE = r"/[A-Za-z0-9._~-]{1,120}\Z"
_is_name = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}\Z").match
_LISTED = f"""
select name, shown_name, person, {rows.GRANTS}, made_at, password_at, is_initial, disabled_at,
    (select max(at) from shanzhi.access_log where access_log.account = name and what = 'login')
from shanzhi.account order by name limit {ACCOUNTS_AT_MOST}
"""
_grants = msgspec.json.Decoder(tuple[Grant, ...])


class AccountRefused(ShanzhiError):
    """An account that can't be made or changed so."""

    exit_code = 2


@dataclass(frozen=True)
class Listed:
    """One account of the register; never its hash."""

    name: str
    shown_name: str
    person: str
    grants: tuple[Grant, ...]
    made_at: datetime
    password_at: datetime
    is_initial: bool
    disabled_at: datetime | None
    login_at: datetime | None


class AccountRegister:
    """Not thread-safe. `by` is who decided, an opaque id. Methods raise `OutcomeUnknown` where PostgreSQL is away."""

    def __init__(self, database_url: str) -> None:
        self._session = Session(database_url, "shanzhi account register")

    def add(
        self, name: str, shown_name: str, person: str, grants: Sequence[Grant], password: str | None, by: str
    ) -> str:
        """Makes an account; its password, which is a random one to be changed at the first login where none is given.

        Raises `AccountRefused`, `PasswordRefused`.
        """
        _check_account(name, shown_name, person)
        for grant in grants:
            check_grant(grant)
        given, hash_ = _password(name, password)

        def work(cursor: Any) -> None:
            cursor.execute(
                "insert into shanzhi.account (name, shown_name, person, password_hash, is_initial)"
                " values (%s, %s, %s, %s, %s) on conflict do nothing",
                (name, shown_name, person, hash_, password is None),
            )
            if cursor.rowcount == 0:
                raise AccountRefused(
                    f"账号 {name} 已有 · the account {name} is there", "换一个名字 · Choose another name."
                )
            rows.set_grants(cursor, name, grants)
            self._tell(cursor, name, by, "added", grants)

        self._session.write(work)
        return given

    def grant(self, name: str, grants: Sequence[Grant], by: str) -> None:
        """Gives an account these roles in place of those that it had. Raises `AccountRefused`."""
        for grant in grants:
            check_grant(grant)

        def work(cursor: Any) -> None:
            self._known(cursor, name)
            rows.set_grants(cursor, name, grants)
            self._tell(cursor, name, by, "granted", grants)

        self._session.write(work)

    def set_password(self, name: str, password: str | None, by: str, *, is_initial: bool = True) -> str:
        """Another password, which ends all sessions: the given one, or a random one. Raises `AccountRefused`,
        `PasswordRefused`."""
        given, hash_ = _password(name, password)

        def work(cursor: Any) -> None:
            self._known(cursor, name)
            rows.set_password(cursor, name, hash_, is_initial=is_initial)
            self._tell(cursor, name, by, "password given")

        self._session.write(work)
        return given

    def set_disabled(self, name: str, is_disabled: bool, by: str) -> None:
        """Ends an account and its sessions, or lets it in again. Raises `AccountRefused`."""

        def work(cursor: Any) -> None:
            self._known(cursor, name)
            cursor.execute(
                "update shanzhi.account set disabled_at = case when %s then clock_timestamp() end where name = %s",
                (is_disabled, name),
            )
            rows.end_all(cursor, name)
            self._tell(cursor, name, by, "disabled" if is_disabled else "enabled")

        self._session.write(work)

    def listed(self) -> list[Listed]:
        """All accounts, by name."""
        return self._session.ask(_listed)

    def lines(self, **filters: Any) -> list[Line]:
        """Lines of the access log, as `access_log.lines`."""
        return self._session.ask(lambda cursor: access_log.lines(cursor, **filters))

    def prune(self, kept: timedelta, by: str) -> int:
        """Takes old lines of the access log away, as `access_log.prune`."""
        return self._session.write(lambda cursor: access_log.prune(cursor, kept, by))

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()

    def _known(self, cursor: Any, name: str) -> None:
        cursor.execute("select from shanzhi.account where name = %s for update", (name,))
        if cursor.fetchone() is None:
            raise AccountRefused(f"没有账号 {name} · there is no account {name}", "shanzhi account list")

    def _tell(self, cursor: Any, name: str, by: str, done: str, grants: Sequence[Grant] = ()) -> None:
        spoken = ", ".join(" ".join(filter(None, (one.role, one.place, one.unit))) for one in grants)
        write(cursor, "account_changed", account=name, person=by, details={"done": done, "grants": spoken})


def check_grant(grant: Grant) -> None:
    """Raises `AccountRefused` for an unknown role, a scope that it lacks, or one that it can't have."""
    if grant.role not in ROLES:
        raise AccountRefused(f"没有角色 {grant.role} · no such role", f"可选 · Choose one of {', '.join(ROLES)}.")
    given = {"place": grant.place, "unit": grant.unit}
    needed = NEEDS[grant.role]
    if needed and given[needed] is None:
        raise AccountRefused(
            f"{grant.role} 须写明 {needed} · the role {grant.role} is for one {needed}",
            f"--role {grant.role} --{needed} {needed}/…",
        )
    for name, value in given.items():
        is_possible = name == needed or (name == "place" and grant.role in COUNTY_WIDE)
        if value is not None and not is_possible:
            raise AccountRefused(
                f"{grant.role} 不分 {name} · the role {grant.role} has no {name}", f"去掉 · Leave out --{name}."
            )
        if value is not None and not re.match(name + _REFERENCE, value):
            raise AccountRefused(
                f"{value!r} 不是 {name} 编号 · is no id of a {name}", f"如 · For example {name}/yunxing."
            )


def _check_account(name: str, shown_name: str, person: str) -> None:
    if not _is_name(name):
        raise AccountRefused(
            f"账号 {name!r} 不行 · no name for an account",
            "2–60 个 · 2 to 60 of a–z, 0–9, '.', '_', '-'; a letter or digit first.",
        )
    if not 1 <= len(shown_name) <= SHOWN_CHARACTERS:
        raise AccountRefused(
            f"姓名 {len(shown_name)} 个字符 · the shown name has {len(shown_name)} characters",
            f"1–{SHOWN_CHARACTERS} · Give 1 to {SHOWN_CHARACTERS}.",
        )
    if not re.match("person" + _REFERENCE, person):
        raise AccountRefused(f"{person!r} 不是人员编号 · is no person's id", "如 · For example person/li-7f3a.")


def _password(name: str, password: str | None) -> tuple[str, str]:
    if password is not None:
        check_password(password, name)
    given = password or new_password()
    return given, hashed(given)


def _listed(cursor: Any) -> list[Listed]:
    cursor.execute(_LISTED)
    return [Listed(*(*row[:3], _grants.decode(row[3]), *row[4:])) for row in cursor.fetchall()]
