-- Hazards, newest first. Where no due was stamped, the clocks' days by severity count from the finding.
with timed as (
    select hazard.*, coalesce(hazard.due, hazard.found_at
            + make_interval(days => (%(clocks)s::jsonb -> 'hazard_days' ->> hazard.severity)::int)) as fix_due,
        coalesce(hazard.fixed_at, hazard.verified_at) as done_at
    from entity_hazard hazard
), judged as (
    select timed.*, timed.found_at is not null and timed.done_at is null as is_open,
        is_in_time(timed.done_at, timed.fix_due, timed.found_at, '[]', %(as_of)s, null) as is_in_time
    from timed
)
select judged.subject, judged.place, place.name as place_name, judged.kind, judged.severity, judged.responsible,
    case
        when judged.found_at is null then 'unknown'
        when judged.verified_at is not null then 'verified'
        when judged.fixed_at is not null then 'fixed'
        else 'found'
    end as status,
    judged.is_open, judged.found_at, judged.fix_due as due, judged.is_open and judged.is_in_time is false as is_overdue,
    judged.fixed_at, judged.fixed_by, judged.is_in_time, judged.verified_at, judged.verified_by, judged.patrol,
    judged.to_case, unknown.refs as unknown
from judged
left join entity_place place on place.subject = judged.place
cross join lateral (
    select coalesce(jsonb_agg(distinct spoken.ref), '[]') as refs
    from (values (judged.place), (judged.responsible), (judged.fixed_by), (judged.verified_by)) spoken (ref)
    where spoken.ref is not null
      and not exists (select from entity_place where subject = spoken.ref and registered_at is not null)
      and not exists (select from entity_unit where subject = spoken.ref and registered_at is not null)
      and not exists (select from entity_person where subject = spoken.ref and registered_at is not null)
) unknown
where (%(subject)s::text is null or judged.subject = %(subject)s)
  and (%(starts)s::timestamptz is null or judged.found_at >= %(starts)s and judged.found_at < %(ends)s)
  and (%(place)s::text is null or judged.place in (select below.place from place_subtree(%(place)s) below))
  and (%(unit)s::text is null or %(unit)s in (judged.responsible, judged.fixed_by, judged.verified_by))
  and (%(person)s::text is null or %(person)s in (judged.responsible, judged.fixed_by, judged.verified_by))
  and (%(is_open)s::boolean is null or judged.is_open = %(is_open)s)
  and (not %(overdue)s or judged.is_open and judged.is_in_time is false)
order by judged.found_at desc nulls first, judged.subject
limit %(rows)s
