-- The league of units. Ranks are of the whole county, whatever is shown.
select league.unit as subject, unit.name, coalesce(unit.registered_at is not null, false) as is_registered, unit.kind,
    coalesce((select jsonb_agg(pairing ->> 'community' order by pairing ->> 'community')
              from jsonb_array_elements(unit.pairings) pairing), '[]') as communities,
    league.rank, league.total, league.total_uncontested, league.grade, league.is_ranked,
    league.measured_weight, league.contested, league.indicators, league.quarters, league.joint, league.joint_uncontested,
    league.bonus, league.deduction, league.final, league.final_uncontested, league.final_rank, league.final_grade
from unit_league(%(unit_assessment)s, %(credit)s, %(first)s, %(last_month)s, %(as_of)s) league
left join entity_unit unit on unit.subject = league.unit
where (%(unit)s::text is null or league.unit = %(unit)s)
  and (%(place)s::text is null or exists (
        select from jsonb_array_elements(unit.pairings) pairing
        where pairing ->> 'community' in (select below.place from place_subtree(%(place)s) below)))
order by league.final_rank nulls last, league.rank nulls last, league.total desc nulls last, league.unit
limit %(rows)s
