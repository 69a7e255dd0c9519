"""rule: which versions of a rule were adopted, and from when on each holds (规则)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.events.rule import RuleAdopted
from ledger.record import Record
from projections.family import LIST_ITEMS, Share, State, Tally, day_of

VERSION = 1

rule_day = Tally("rule_day", ("rule", "day"), ("adopted",))
TALLIES = (rule_day,)

RuleEvent = RuleAdopted


class Adoption(Struct, frozen=True):
    """One adopted version. `parameters` and `sources` are JSON objects as text."""

    rule: str
    version: str
    effective_from: datetime
    parameters: str
    adopted_at: datetime
    recorded_at: datetime
    adopted_by: str
    name: str | None = None
    title: str | None = None
    sources: str = "{}"


class Rule(State, frozen=True):
    """Every version that was adopted of one rule, in the order of the ledger."""

    adoptions: tuple[Adoption, ...] = ()


def evolve(rule: Rule, record: Record[RuleEvent]) -> Rule:
    """Versions stand side by side: which one holds at a time is asked on read, by `effective_from`.

    Of two that hold from one moment on, the later in the ledger holds. Parameters are kept whether or not this
    version of the rule can read them.
    """
    event = record.event
    adoption = Adoption(
        rule=event.rule,
        version=event.version,
        effective_from=event.effective_from,
        parameters=_json(event.parameters),
        adopted_at=record.time,
        recorded_at=record.stamp,
        adopted_by=record.authid,
        name=event.name,
        title=event.title,
        sources=_json(event.sources or {}),
    )
    return replace(rule, adoptions=(*rule.adoptions, adoption)[:LIST_ITEMS])


def anomaly(rule: Rule, record: Record[RuleEvent]) -> str | None:
    """Why the event makes no sense for this rule as it was before."""
    event = record.event
    if len(rule.adoptions) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} adoptions of one rule"
    if record.subject != f"rule/{event.rule}":
        return "adopted in the stream of another rule"
    if any((one.name, one.version) == (event.name, event.version) for one in rule.adoptions):
        return "a version adopted twice"
    return None


def contribute(rule: Rule) -> Iterator[Share]:
    """Each adoption counts on the day from which on it holds."""
    for one in rule.adoptions:
        yield rule_day.share(one.rule, day_of(one.effective_from), adopted=1)


def _json(value: object) -> str:
    """The same text for the same object, whatever the order in which its fields came."""
    return msgspec.json.encode(value, order="deterministic").decode()
