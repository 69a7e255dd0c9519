"""Accounts and their sessions, in PostgreSQL: whose a cookie is, logging in and out, another password.

A session is 32 random bytes, of which the database knows only SHA-256. It ends after an hour without a request, after
twelve hours in any case, at logging out, with another password, and when the account is disabled.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import structlog

from ledger.access_log import What, write
from ledger.errors import OutcomeUnknown, ShanzhiError
from ledger.postgres import Session
from readers.accounts import rows
from readers.accounts.attempts import Attempts
from readers.accounts.login import Login
from readers.accounts.passwords import MOST_CHARACTERS, check_password, hashed, is_outdated, is_password
from readers.accounts.rows import Account

REMEMBERED_SECONDS = 3.0  # how long a session that was ended elsewhere may still pass
TRUSTED_SECONDS = 60.0  # how long a proven one passes while PostgreSQL is away
PAUSE_SECONDS = 1.0  # PostgreSQL was away: nobody waits for it again so soon
SESSIONS_REMEMBERED = 10_000
INITIAL_DAYS = 7
_is_token = re.compile(r"[A-Za-z0-9_-]{43}\Z").match
_is_name = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}\Z").match
T = TypeVar("T")
log = structlog.get_logger("shanzhi.accounts")


class LoginRefused(ShanzhiError):
    """No such account, another password, or one that has expired: nobody is told which of the first two."""


class TooManyAttempts(ShanzhiError):
    """Passwords were tried too often; `seconds` until the next try."""

    def __init__(self, seconds: int) -> None:
        super().__init__("试得太多了 · Too many attempts", f"{seconds} 秒后再试 · Try again in {seconds} s.")
        self.seconds = seconds


class _Known(NamedTuple):
    login: Login | None
    asked_at: float


class Accounts:
    """Thread-safe. `clock` gives monotonic seconds. Methods raise `OutcomeUnknown` where PostgreSQL is away."""

    def __init__(self, database_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = Session(database_url, "shanzhi accounts")
        self._clock = clock
        self._asking, self._remembering = threading.Lock(), threading.Lock()
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._attempts = Attempts(clock)
        self._pause_ends_at = 0.0

    def login_of(self, token: str) -> Login | None:
        """The login of a session, None for none or an ended one; as it was within the last seconds."""
        if not _is_token(token):
            return None
        key = _key(token)
        known = self._remembered(key, REMEMBERED_SECONDS)
        if known is None:
            known = self._asked(key, token)
        return known.login

    def enter(self, name: str, password: str, address: str) -> str:
        """A new session's token. Raises `LoginRefused`, `TooManyAttempts`; takes as long for unknown names."""
        account, given = self._proven(name.strip().lower(), password, address)
        if account.is_initial and account.password_days >= INITIAL_DAYS:
            self._refused(account, address, "expired")
            raise LoginRefused(
                f"初始密码已过 {INITIAL_DAYS} 天 · the first password is older than {INITIAL_DAYS} days",
                "请管理员重新发放 · Ask the administrator for another one.",
            )
        renewed = hashed(given) if is_outdated(account.password_hash) else None
        token = secrets.token_urlsafe(32)

        def work(cursor: Any) -> None:
            if renewed:
                rows.rehash(cursor, account.name, account.password_hash, renewed)
            rows.begin(cursor, account.name, _key(token))
            write(cursor, "login", account=account.name, person=account.person, address=address)

        self._write(work)
        return token

    def leave(self, token: str, login: Login, address: str) -> None:
        """Ends a session."""

        def work(cursor: Any) -> None:
            rows.end(cursor, _key(token))
            write(cursor, "logout", account=login.account, person=login.person, address=address)

        self._write(work)
        self._forget(_key(token))

    def leave_others(self, token: str, login: Login, address: str) -> int:
        """Ends all other sessions of the login's account; how many those were."""

        def work(cursor: Any) -> int:
            ended = rows.end_all(cursor, login.account, but=_key(token))
            write(
                cursor, "sessions_ended", account=login.account, person=login.person, address=address,
                details={"sessions": ended},
            )  # fmt: skip
            return ended

        ended = self._write(work)
        self._forget_all(login.account)
        return ended

    def sessions(self, login: Login) -> int:
        """How many sessions the login's account has."""
        return self._ask(lambda cursor: rows.sessions(cursor, login.account))

    def change_password(self, login: Login, password: str, new: str, address: str) -> str:
        """Ends all sessions of the account and begins one, whose token this is.

        Raises `LoginRefused`, `TooManyAttempts`, `PasswordRefused`.
        """
        check_password(new, login.account)
        account, given = self._proven(login.account, password, address)
        if given == new:
            raise LoginRefused("新密码与旧密码相同 · that is the old one", "换一个 · Choose another one.")
        hash_, token = hashed(new), secrets.token_urlsafe(32)

        def work(cursor: Any) -> None:
            rows.set_password(cursor, account.name, hash_, is_initial=False)
            rows.begin(cursor, account.name, _key(token))
            write(cursor, "password_changed", account=account.name, person=account.person, address=address)

        self._write(work)
        self._forget_all(account.name)
        return token

    def tell(
        self, what: What, login: Login | None, *, address: str | None = None, about: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """A line of the access log, written before this returns: what is not in the log has not been shown."""
        account, person = (login.account, login.person) if login else (None, None)
        self._write(
            lambda cursor: write(
                cursor, what, account=account, person=person, address=address, about=about, details=details
            )
        )

    def close(self) -> None:
        """Ends the connection."""
        with self._asking:
            self._session.close()

    def _proven(self, name: str, password: str, address: str) -> tuple[Account, str]:
        """The account whose password it is, and the password."""
        name = name if _is_name(name) else ""
        if wait := self._attempts.take(name, address):
            log.warning("login_too_often", address=address, wait_seconds=wait)
            if self._attempts.is_news(name, address):
                self._refused(self._found(name), address, "too often")
            raise TooManyAttempts(wait)
        found = self._found(name)
        given = password[: MOST_CHARACTERS + 1]
        if not is_password(given, found.password_hash if found and not found.is_disabled else None) or found is None:
            self._refused(found, address)
            raise LoginRefused("账号或密码不对 · account or password are wrong", "请再试一次 · Try again.")
        self._attempts.give_back(name, address)
        return found, given

    def _found(self, name: str) -> Account | None:
        return self._ask(lambda cursor: rows.account(cursor, name)) if name else None

    def _refused(self, account: Account | None, address: str, reason: str | None = None) -> None:
        """A line of it, which names accounts that there are: anything else may be a password in the wrong field."""
        known = account.name if account else None
        details = {"reason": reason} if reason else None
        self._write(lambda cursor: write(cursor, "login_refused", account=known, address=address, details=details))

    def _asked(self, key: bytes, token: str) -> _Known:
        asked_at = self._clock()
        try:
            if asked_at < self._pause_ends_at:
                raise OutcomeUnknown("PostgreSQL does not answer", "Try again once it is back.")
            login = self._ask(lambda cursor: rows.login(cursor, key, csrf_token(token)))
        except OutcomeUnknown:
            self._pause_ends_at = max(self._pause_ends_at, asked_at + PAUSE_SECONDS)
            trusted = self._remembered(key, TRUSTED_SECONDS)
            if trusted is None or trusted.login is None:
                raise
            return trusted
        known = _Known(login, asked_at)
        with self._remembering:
            self._known.pop(key, None)
            self._known[key] = known
            if len(self._known) > SESSIONS_REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _remembered(self, key: bytes, seconds: float) -> _Known | None:
        with self._remembering:
            known = self._known.get(key)
        return known if known and self._clock() - known.asked_at < seconds else None

    def _forget(self, key: bytes) -> None:
        with self._remembering:
            self._known.pop(key, None)

    def _forget_all(self, account: str) -> None:
        with self._remembering:
            for key in [key for key, one in self._known.items() if one.login and one.login.account == account]:
                del self._known[key]

    def _ask(self, work: Callable[[Any], T]) -> T:
        with self._asking:
            return self._session.ask(work)

    def _write(self, work: Callable[[Any], T]) -> T:
        with self._asking:
            return self._session.write(work)


def csrf_token(token: str) -> str:
    """What the forms of a session carry: follows from its token, and tells nothing of it."""
    digest = hmac.digest(token.encode(), b"csrf", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _key(token: str) -> bytes:
    return sha256(token.encode()).digest()
