"""How often somebody may try a password: by account and address, by address, and by account from everywhere.

Buckets that fill again; what succeeds gives its attempt back. In the memory of one process, which has an end: the
bucket that was not used for longest is forgotten first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

BUCKETS = 20_000


class _Limit(NamedTuple):
    attempts: float
    seconds_each: float  # until one more is allowed


TOGETHER = _Limit(5, 60.0)
BY_ADDRESS = _Limit(30, 20.0)  # a community centre has one address
BY_ACCOUNT = _Limit(50, 60.0)  # wide, or anybody could lock anybody out


@dataclass
class _Bucket:
    left: float
    at: float
    is_told: bool = False  # that none is left


class Attempts:
    """Thread-safe. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def take(self, account: str, address: str) -> int:
        """Takes one attempt and answers 0, or takes none and says in how many seconds there is one."""
        with self._lock:
            buckets = [(self._bucket(key, limit), limit) for key, limit in _limits(account, address)]
            wait = max((1 - bucket.left) * limit.seconds_each for bucket, limit in buckets)
            if wait > 0:
                return ceil(wait)
            for bucket, _ in buckets:
                bucket.left -= 1
                bucket.is_told = False
            return 0

    def is_news(self, account: str, address: str) -> bool:
        """Whether none is left and nobody asked this since one was taken: what is written of it has an end."""
        with self._lock:
            buckets = [self._bucket(key, limit) for key, limit in _limits(account, address)]
            untold = [bucket for bucket in buckets if bucket.left < 1 and not bucket.is_told]
            for bucket in untold:
                bucket.is_told = True
            return bool(untold)

    def give_back(self, account: str, address: str) -> None:
        """The attempt succeeded: it does not count."""
        with self._lock:
            for key, limit in _limits(account, address):
                bucket = self._bucket(key, limit)
                bucket.left = min(limit.attempts, bucket.left + 1)

    def _bucket(self, key: tuple[str, str], limit: _Limit) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.pop(key, None) or _Bucket(limit.attempts, now)
        bucket.left = min(limit.attempts, bucket.left + (now - bucket.at) / limit.seconds_each)
        bucket.at = now
        self._buckets[key] = bucket
        if len(self._buckets) > BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


def _limits(account: str, address: str) -> tuple[tuple[tuple[str, str], _Limit], ...]:
    return (((account, address), TOGETHER), (("", address), BY_ADDRESS), ((account, ""), BY_ACCOUNT))
