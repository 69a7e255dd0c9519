"""Passwords: argon2id hashes, what makes one good enough, and new ones for whoever gets an account.

A hash takes 46 MiB for as long as it is computed, so only two are at a time; whoever waits too long is told so.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.errors import OutcomeUnknown, ShanzhiError

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200
_LEAST_DIFFERENT = 5
_WAIT_SECONDS = 5.0
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)  # as OWASP asks at the least
_hashing = threading.BoundedSemaphore(2)
_NOBODYS = _hasher.hash(secrets.token_urlsafe(32))  # compared with where there is no such account
_ROWS = ("1234567890", "0987654321", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_COMMON = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "administrator", "welcome", "iloveyou", "letmein", "changeme",
    "qwerty", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "superman", "whatever", "trustno1",
    "woaini", "woaizhongguo", "zhongguo", "mima", "guanliyuan", "admin", "root", "test", "guest", "shanzhi", "善治",
    "密码", "管理员", "网格员", "我爱你", "我爱中国",
)  # fmt: skip


class PasswordRefused(ShanzhiError):
    """A password that is too short, too long, or among the first that somebody would try."""

    exit_code = 2


def check_password(password: str, account: str) -> None:
    """Raises `PasswordRefused`. Any signs will do: length is what counts, and not to be on everybody's list."""
    if len(password) < LEAST_CHARACTERS:
        raise PasswordRefused(
            f"密码至少 {LEAST_CHARACTERS} 个字符 · a password has at least {LEAST_CHARACTERS} characters",
            "几个不相干的词连起来就好 · A few words that have nothing to do with each other will do.",
        )
    if len(password) > MOST_CHARACTERS:
        raise PasswordRefused(
            f"密码最多 {MOST_CHARACTERS} 个字符 · a password has at most {MOST_CHARACTERS} characters",
            "请缩短 · Shorten it.",
        )
    if len(set(password)) < _LEAST_DIFFERENT or len(_rest(password.lower(), account)) < LEAST_CHARACTERS // 2:
        raise PasswordRefused(
            "这个密码太容易猜 · this password is among the first that somebody would try",
            "不要用账号名、常见密码、连续或重复的字符 · No account name, common password, run or repetition.",
        )


def new_password() -> str:
    """A random one, 119 bits, without signs that are mistaken for others."""
    signs = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(signs) for _ in range(6)) for _ in range(4))


def hashed(password: str) -> str:
    """Its argon2id hash with a salt of its own. Raises `OutcomeUnknown` where too many are computed."""
    with _turn():
        return _hasher.hash(password)


def is_password(password: str, hash_: str | None) -> bool:
    """Whether it is the one; takes as long where there is none. Raises `OutcomeUnknown`."""
    with _turn():
        try:
            _hasher.verify(hash_ or _NOBODYS, password)
        except (VerificationError, InvalidHashError):
            return False
        return hash_ is not None


def is_outdated(hash_: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(hash_)


@contextmanager
def _turn() -> Iterator[None]:
    if not _hashing.acquire(timeout=_WAIT_SECONDS):
        raise OutcomeUnknown("同时登录的人太多 · too many people log in at once", "请稍后再试 · Try again in a moment.")
    try:
        yield
    finally:
        _hashing.release()


def _rest(password: str, account: str) -> str:
    """What is left of it without what is guessed first: common words, the account's name, runs, repetitions."""
    left = password
    for word in (*_COMMON, account.lower(), *account.lower().replace(".", "-").split("-")):
        if len(word) > 1:
            left = left.replace(word, "")
    for row in _ROWS:
        for length in range(len(row), 3, -1):
            for start in range(len(row) - length + 1):
                left = left.replace(row[start : start + length], "")
    for length in range(1, len(left) // 2 + 1):
        if left == (left[:length] * len(left))[: len(left)]:
            return left[:length]
    return left
