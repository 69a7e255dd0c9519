"""The table at the end of a run: of every kind of fault how often it struck, what was proved after it, and how long
it took until all was well.

A proof stands for the kinds that struck since the test began: an event that lived through several is in the line of
each, and once in the sum. Recovery is counted from the blow until an event that was sent after it is in the tables
(of a gateway: has a receipt), how long a frozen one was left frozen included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests.soak import IS_SOAK

KINDS = (
    "worker killed", "worker frozen", "worker asked to end", "rebalance storm", "fold version changed",
    "relay killed", "relay frozen", "decider killed", "decider frozen", "clock killed", "clock frozen",
    "gateway killed", "gateway frozen", "rebuild killed", "rebuild frozen",
    "Kafka killed", "Kafka frozen", "Kafka away", "PostgreSQL killed", "PostgreSQL frozen", "PostgreSQL away",
    "slow connection", "cut connection", "half-open connection",
    "disk full", "lock wait", "clock jump", "events ×10", "partitions reordered", "poison", "oversize",
    "lost ledger tail", "another ledger", "everything lost",
)  # fmt: skip

TARGET_SECONDS = {"worker killed": 20.0, "gateway killed": 3.0, "PostgreSQL killed": 15.0}
"""Held to in the soak; elsewhere the machine may be busy with anything."""

_COLUMNS = ("kind", "struck", "acknowledged", "lost", "doubled", "disordered", "differing", "recovered")


class Found(NamedTuple):
    """What a proof found: acknowledged events, those that are not counted, that count twice, that stand before an
    earlier one of their stream; rows that a fresh fold of the ledger would make otherwise."""

    acknowledged: int
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    differing: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether all is as it has to be."""
        return not any(self[1:])


class _Test(NamedTuple):
    kinds: set[str]
    proofs: list[Found]


class Tally:
    """What struck and what was proved, over all tests of a run."""

    def __init__(self) -> None:
        self._struck = Counter[str]()
        self._slowest: dict[str, float] = {}
        self._tests: list[_Test] = []

    def begin(self) -> None:
        """A test begins, or another ledger: what strikes from now on is what its proofs are about, the last one of
        which holds for all of it."""
        self._tests.append(_Test(set(), []))

    def struck(self, kind: str, recovery_seconds: float | None = None, times: int = 1) -> None:
        """A fault of a kind of `KINDS`; without seconds where nothing had to recover."""
        assert kind in KINDS, kind
        self._struck[kind] += times
        self._tests[-1].kinds.add(kind)
        if recovery_seconds is not None:
            self._slowest[kind] = max(recovery_seconds, self._slowest.get(kind, 0.0))
            assert not IS_SOAK or recovery_seconds <= TARGET_SECONDS.get(kind, float("inf")), (kind, recovery_seconds)

    def proved(self, found: Found, examples: object = "") -> None:
        """Notes what was found, and raises `AssertionError` with examples where anything is amiss."""
        self._tests[-1].proofs.append(found)
        assert found.is_sound, (found, examples)

    def lines(self) -> Iterator[str]:
        """The table, its last line the sum; none where nothing struck."""
        kinds = [kind for kind in KINDS if kind in self._struck]
        if not kinds:
            return
        rows = [_COLUMNS, *(self._row(kind) for kind in kinds), self._sum(len(kinds))]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        for row in rows:
            first, *rest = (cell.ljust(width) if not column else cell.rjust(width)
                            for column, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
            yield "  ".join((first, *rest))

    def _row(self, kind: str) -> tuple[str, ...]:
        return (kind, str(self._struck[kind]), *_added(self._found(kind)), _told(self._slowest.get(kind)))

    def _sum(self, kinds: int) -> tuple[str, ...]:
        slowest = max(self._slowest.values(), default=None)
        total = str(self._struck.total())
        return (f"{kinds} of {len(KINDS)} kinds", total, *_added(self._found()), _told(slowest))

    def _found(self, kind: str | None = None) -> list[Found]:
        return [test.proofs[-1] for test in self._tests if test.proofs and (kind is None or kind in test.kinds)]


def _added(found: list[Found]) -> tuple[str, ...]:
    return tuple(str(sum(column)) for column in zip(*found, strict=True)) if found else ("not proved",) + ("-",) * 4


def _told(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


TALLY = Tally()
