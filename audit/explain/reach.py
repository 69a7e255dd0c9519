"""Which entities a score reads: all that its SQL function could count for this unit, place, grid or person.

Each statement may name more than what counts in the end, never less: what is too much changes nothing in the row that
is asked for. The function itself decides, over the tables that these entities alone make.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from audit.explain.question import GridQuestion, PersonQuestion, RatesQuestion, ScoreQuestion, UnitQuestion
from projections.read import RuleUsed
from projections.rules import Credit, in_force

_WITH_PLACES_ABOVE = """
with recursive reached (subject, family) as ({reached}
), above (place) as (
    select coalesce(cases.grid, cases.place) from entity_case cases join reached using (subject)
    union
    select place.parent from entity_place place join above on above.place = place.subject where place.parent is not null
)
select subject from reached
union select place.subject from entity_place place join above on above.place = place.subject
union select subject from entity_rule
where exists (select from jsonb_array_elements(adoptions) one where one ->> 'rule' = any(%(rules)s))
"""

_UNIT = """
    select cases.subject, 'case' from entity_case cases
    where cases.obligations @> jsonb_build_array(jsonb_build_object('unit', %(unit)s::text)) and exists (
        select from jsonb_array_elements(cases.obligations) owed where owed ->> 'unit' = %(unit)s
          and (owed ->> 'began')::timestamptz >= %(quarter_starts)s
          and (owed ->> 'began')::timestamptz < %(quarter_ends)s)
    union select subject, 'unit' from entity_unit where subject = %(unit)s
    union select subject, 'person' from entity_person where unit = %(unit)s
    union select subject, 'assessment' from entity_assessment where unit = %(unit)s
    union select subject, 'contract' from entity_contract
    where unit = %(unit)s and signed_at >= %(starts)s and signed_at < %(ends)s
    union select subject, 'order' from entity_order
    where unit = %(unit)s and taken_at >= %(starts)s and taken_at < %(ends)s
       or persons ?| %(parties)s and began >= %(lookback)s and began < %(ends)s
    union select subject, 'duty' from entity_duty
    where reported_at is not null and party in (select subject from entity_person where unit = %(unit)s)
       or (unit = %(unit)s or party = any(%(parties)s)) and began >= %(lookback)s and began < %(ends)s
    union select subject, 'wish' from entity_wish
    where persons ?| %(parties)s and began >= %(lookback)s and began < %(ends)s
    union select subject, 'act' from entity_act
    where persons ?| %(parties)s and began >= %(lookback)s and began < %(ends)s
    union select subject, 'visit' from entity_visit
    where person = any(%(parties)s) and began >= %(lookback)s and began < %(ends)s
"""

_RATES = """
    select cases.subject, 'case' from entity_case cases
    where cases.ratings <> '[]' and coalesce(cases.grid, cases.place) in (select place from place_subtree(%(place)s))
      and exists (select from jsonb_array_elements(cases.ratings) rating
        where (rating ->> 'at')::timestamptz >= %(starts)s - interval '1 day'
          and (rating ->> 'at')::timestamptz < %(ends)s)
    union select subject, 'place' from entity_place where subject = %(place)s
"""

_GRID = """
with recursive below as materialized (
    select place from place_subtree(%(grid)s)
), above (place) as (
    select %(grid)s::text collate "C"
    union
    select place.parent from entity_place place join above on above.place = place.subject where place.parent is not null
), near as materialized (
    select place from below union select place from above
)
select subject from entity_case
where coalesce(grid, place) in (select place from below)
  and (discovered_at >= %(starts)s and discovered_at < %(ends)s
       or coalesce(refused_at, handled_at, merged_at, withdrawn_at, closed_at) is null)
union select subject from entity_patrol
where place in (select place from near) and began >= %(starts)s and began < %(ends)s
union select subject from entity_visit
where place in (select place from below) and began >= %(starts)s and began < %(ends)s
union select subject from entity_hazard where place in (select place from below)
union select subject from entity_mediation where place in (select place from below)
union select subject from entity_application where community in (select place from below)
union select subject from entity_place where subject in (select place from near)
union select responsible_unit from entity_place where subject = %(grid)s and responsible_unit is not null
union select subject from entity_rule
where exists (select from jsonb_array_elements(adoptions) one where one ->> 'rule' = any(%(rules)s))
"""

_PERSON = """
select subject from entity_person where subject = %(person)s
union select subject from entity_order where persons ? %(person)s
union select subject from entity_duty where party = %(person)s
union select subject from entity_wish where persons ? %(person)s
union select subject from entity_act where persons ? %(person)s
union select subject from entity_visit where person = %(person)s
union select unit from entity_person where subject = %(person)s and unit is not null
union select subject from entity_rule
where exists (select from jsonb_array_elements(adoptions) one where one ->> 'rule' = any(%(rules)s))
"""

_PARTIES = """
    select coalesce(array_agg(distinct party), '{}') from entity_duty
    where unit = %(unit)s and party is not null and began >= %(starts)s and began < %(ends)s
"""

_QUARTERS = """
    select shanghai_midnight(date_trunc('quarter', %(first)s::timestamp)::date),
        shanghai_midnight((date_trunc('quarter', %(last)s::timestamp) + interval '3 months')::date),
        %(starts)s::timestamptz - make_interval(days => %(days)s)
"""


def reached(cursor: Any, generation: str, question: ScoreQuestion, rules: Iterable[RuleUsed]) -> list[str]:
    """The subjects, sorted; `rules` are those that the score is computed by. Leaves `search_path` at the generation."""
    cursor.execute(f"set local search_path = {generation}")
    period = question.period
    values: Mapping[str, Any] = {
        "first": period.first, "last": period.last, "starts": period.starts, "ends": period.ends,
        "rules": [one.rule for one in rules],
    }  # fmt: skip
    match question:
        case UnitQuestion(unit=unit):
            asked, values = unit, _of_unit(cursor, generation, question, {**values, "unit": unit})
            cursor.execute(_WITH_PLACES_ABOVE.format(reached=_UNIT), values)
        case RatesQuestion(place=place):
            asked = place
            cursor.execute(_WITH_PLACES_ABOVE.format(reached=_RATES), {**values, "place": place})
        case GridQuestion(grid=grid):
            asked = grid
            cursor.execute(_GRID, {**values, "grid": grid})
        case PersonQuestion(person=person):
            asked = person
            cursor.execute(_PERSON, {**values, "person": person})
    found = {subject for (subject,) in cursor.fetchall()}
    return sorted(found | {asked, *(f"rule/{rule}" for rule in values["rules"])})  # these whatever the tables know


def _of_unit(cursor: Any, generation: str, question: UnitQuestion, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The joint score is of whole quarters, and a service may have lost its credit to one of days before."""
    days = in_force(cursor, generation, Credit, question.period.starts).parameters.lookback_days
    cursor.execute(_QUARTERS, {**values, "days": days})
    quarter_starts, quarter_ends, lookback = cursor.fetchone()
    cursor.execute(_PARTIES, values)
    (parties,) = cursor.fetchone()
    more = {"quarter_starts": quarter_starts, "quarter_ends": quarter_ends, "lookback": lookback, "parties": parties}
    return {**values, **more}
