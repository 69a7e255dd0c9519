"""What an explanation holds. All of it becomes JSON by `msgspec.to_builtins`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """A value as the tables have it, and as the ledger makes it. `is_compared`: not for a rank, which others decide."""

    name: str
    title: str
    value: Any
    recomputed: Any
    is_compared: bool = True

    @property
    def equal(self) -> bool:
        """Whether both are the same, or nothing was to be compared."""
        return not self.is_compared or bool(self.value == self.recomputed)


class Term(Struct, frozen=True, kw_only=True):
    """A part of a score: numerator / denominator = share; weight as the rule has it, points of so many."""

    name: str
    numerator: float
    denominator: float
    share: float | None
    weight: float | None = None
    points: float | None = None
    points_of: float | None = None


class RuleInForce(Struct, frozen=True, kw_only=True):
    """The version of a rule that was in force when the period began; `effective_from` is None for a shipped default."""

    rule: str
    name: str
    version: str
    title: str
    effective_from: datetime | None = None
    adopted_by: str | None = None


class Told(Struct, frozen=True, kw_only=True):
    """An event where it stands (`partition:offset`); `type` is None where this version does not know it."""

    position: str
    type: str | None
    time: datetime | None
    authid: str | None


class Contribution(Struct, frozen=True, kw_only=True):
    """An entity and its events. To a sum it gives `gives`; of a score, so much would be missing without it. None where
    that was not asked: each takes the score's function once more."""

    subject: str
    gives: Mapping[str, Any] | None
    events: list[Told]
    events_total: int


class Explanation(Struct, frozen=True, kw_only=True):
    """A figure opened. `differences` says what differs between the tables and the ledger; `until` are the next offsets
    by partition up to which both were read. Of `entities_total` entities the first are in `entities`."""

    what: str
    of: Mapping[str, str]
    generation: str
    until: Mapping[int, int]
    as_of: datetime | None
    rules: list[RuleInForce]
    figures: list[Figure]
    terms: list[Term]
    entities: list[Contribution]
    entities_total: int
    events_total: int
    differences: list[str]
    equal: bool
