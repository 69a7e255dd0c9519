-- How cases stand that another system knows by a number of its own, in the order of its numbers.
select cases.external_system as system, cases.external_number as number, cases.subject, case_step(cases) as step,
    coalesce(cases.refused_at, cases.handled_at, cases.merged_at, cases.withdrawn_at, cases.closed_at) is null
        as is_open,
    cases.resolved, cases.discovered_at, case_updated_at(cases) as updated_at,
    coalesce(cases.handle_due, owed.handle_due) as handle_due, cases.handled_at, rated.satisfaction,
    cases.merged_into
from entity_case cases
left join lateral (
    select (one ->> 'handle_due')::timestamptz as handle_due
    from jsonb_array_elements(cases.obligations) with ordinality told (one, number)
    where one ->> 'part' = 'lead'
    order by number desc
    limit 1
) owed on true
left join lateral (
    select rating ->> 'satisfaction' as satisfaction
    from jsonb_array_elements(cases.ratings) with ordinality told (rating, number)
    where rating ->> 'satisfaction' is not null
    order by (rating ->> 'at')::timestamptz desc, number desc
    limit 1
) rated on true
where cases.external_number is not null and cases.discovered_at is not null
  and (%(system)s::text is null or cases.external_system = %(system)s)
  and (%(number)s::text is null or cases.external_number = %(number)s)
  and (%(sources)s::text[] is null or cases.source = any(%(sources)s))
  and (%(subject)s::text is null or cases.subject = %(subject)s)
  and (%(starts)s::timestamptz is null or cases.discovered_at >= %(starts)s and cases.discovered_at < %(ends)s)
  and (%(after)s::text[] is null
       or (cases.external_system, cases.external_number, cases.subject)
          > ((%(after)s::text[])[1] collate "C", (%(after)s::text[])[2] collate "C", (%(after)s::text[])[3] collate "C"))
order by cases.external_system, cases.external_number, cases.subject
limit %(rows)s
