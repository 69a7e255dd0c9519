"""Which version of a rule holds at a time: the adopted one, as the ledger has it, else the shipped default.

Adopted versions are events (`rule.adopted`); parameters that this version of the rule can't read are skipped, and
`adopted` shows them with what is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from projections.rule import Adoption
from projections.rules.parameters import Parameters
from projections.rules.preset import RULES, Preset, RuleRefused, default_preset

P = TypeVar("P", bound=Parameters)
_ADOPTIONS = """
    select adoption::text
    from {generation}.entity_rule
    cross join lateral jsonb_array_elements(adoptions) with ordinality listed (adoption, number)
    where %s::text is null or adoption ->> 'rule' = %s
    order by (adoption ->> 'effective_from')::timestamptz, (adoption ->> 'recorded_at')::timestamptz,
        subject collate "C", number
"""


class Adopted(Struct, frozen=True, kw_only=True):
    """An adopted version. `preset` is None where its parameters don't hold, and `refused` says why."""

    rule: str
    version: str
    effective_from: datetime
    adopted_at: datetime
    adopted_by: str
    preset: Preset[Any] | None
    refused: str | None


def in_force(cursor: Any, generation: str, kind: type[P], at: datetime) -> Preset[P]:
    """The version of a rule that holds at a time: the last adopted one from then or before, else the default.

    Of two with one `effective_from`, the later in the ledger holds.
    """
    holding = [one.preset for one in adopted(cursor, generation, kind.rule) if one.preset and one.effective_from <= at]
    return holding[-1] if holding else default_preset(kind)


def adopted(cursor: Any, generation: str, rule: str | None = None) -> list[Adopted]:
    """Every adopted version of a rule (of all rules), the one that comes to hold last at the end."""
    cursor.execute(_ADOPTIONS.format(generation=generation), (rule, rule))
    return [_adopted(msgspec.json.decode(told, type=Adoption)) for (told,) in cursor.fetchall()]


def _adopted(told: Adoption) -> Adopted:
    found, refused = None, None
    try:
        found = _preset(told)
    except (msgspec.ValidationError, RuleRefused) as error:
        refused = str(error)
    return Adopted(
        rule=told.rule,
        version=told.version,
        effective_from=told.effective_from,
        adopted_at=told.adopted_at,
        adopted_by=told.adopted_by,
        preset=found,
        refused=refused,
    )


def _preset(told: Adoption) -> Preset[Any]:
    """Raises `msgspec.ValidationError` where the parameters are not those of the rule, `RuleRefused` for no rule."""
    if told.rule not in RULES:
        raise RuleRefused(f"no rule is named “{told.rule}”", f"Rules are: {', '.join(RULES)}.")
    return Preset(
        rule=told.rule,
        name=told.name or "adopted",
        version=told.version,
        title=told.title or told.rule,
        is_default=False,
        parameters=msgspec.json.decode(told.parameters, type=RULES[told.rule]),
        sources=msgspec.json.decode(told.sources, type=dict[str, str]),
    )
