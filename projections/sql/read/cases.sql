-- The case book: newest first. Texts and locations stay sealed and are not read here.
with listed as (  -- narrow: what is wide is fetched for the few that are shown
    select cases.subject
    from entity_case cases
    where (%(subject)s::text is null or cases.subject = %(subject)s)
      and (%(starts)s::timestamptz is null or cases.discovered_at >= %(starts)s and cases.discovered_at < %(ends)s)
      and (%(place)s::text is null
           or coalesce(cases.grid, cases.place) in (select below.place from place_subtree(%(place)s) below))
      and (%(unit)s::text is null
           or cases.obligations @> jsonb_build_array(jsonb_build_object('unit', %(unit)s::text)))
      and (%(person)s::text is null
           or %(person)s in (cases.assignee, cases.first_responsible, cases.handled_by, cases.reporter))
      and (%(is_open)s::boolean is null or case_is_open(cases) = %(is_open)s)
      and (not %(overdue)s or case_is_open(cases) and case_is_in_time(cases, %(as_of)s) is false)
    order by cases.discovered_at desc nulls first, cases.subject
    limit %(rows)s
), chosen as materialized (
    select cases.*, coalesce(cases.grid, cases.place) as at_place, case_step(cases) as status,
        case_is_open(cases) as is_open, case_is_in_time(cases, %(as_of)s) as is_handled_in_time
    from listed join entity_case cases on cases.subject = listed.subject
)
select chosen.subject, chosen.discovered_at, chosen.channel, chosen.demand, chosen.category, chosen.urgency,
    chosen.handle_class, chosen.at_place as place, place.name as place_name, chosen.assignee,
    chosen.status, chosen.is_open, chosen.handle_due,
    chosen.is_open and chosen.is_handled_in_time is false as is_overdue,
    chosen.is_handled_in_time, chosen.dispatched_at, chosen.accepted_at, chosen.whistled_at,
    owed.first_reported_at as reported_at, chosen.deliberated_at, chosen.handled_at, chosen.handled_by, chosen.resolved,
    chosen.replied_at, rated.last_at as rated_at, rated.satisfaction, chosen.looked_up_at, chosen.closed_at,
    chosen.reopens, chosen.extensions, chosen.declined, chosen.photos, chosen.continues, chosen.merged_into,
    chosen.supervised_by, chosen.escalated_to,
    chosen.excluded_at is not null as is_excluded,
    coalesce((select bool_or(dispute ->> 'upheld' is null) from jsonb_array_elements(chosen.disputes) dispute), false)
        as is_disputed,
    owed.units, unknown.refs as unknown
from chosen
left join entity_place place on place.subject = chosen.at_place
left join lateral (
    select min(one.reported_at) as first_reported_at, coalesce(jsonb_agg(jsonb_build_object(
        'whistle', one.whistle, 'unit', one.unit, 'name', unit.name, 'part', one.part, 'kind', one.kind,
        'began', one.began, 'report_due', one.report_due, 'reported_at', one.reported_at,
        'is_reported_in_time', is_in_time(one.reported_at, one.report_due, one.began, chosen.pauses, %(as_of)s, ended.at),
        'handle_due', one.handle_due, 'handled_at', one.handled_at, 'resolved', one.resolved,
        'is_handled_in_time', is_in_time(one.handled_at, one.handle_due, one.began, chosen.pauses, %(as_of)s, ended.at)
    ) order by one.began, one.whistle collate "C", one.part desc, one.unit collate "C"), '[]') as units
    from jsonb_to_recordset(chosen.obligations) as one (
        whistle text, unit text, part text, kind text, began timestamptz, report_due timestamptz,
        handle_due timestamptz, reported_at timestamptz, handled_at timestamptz, resolved boolean
    )
    left join entity_unit unit on unit.subject = one.unit collate "C"
    cross join lateral (select least(chosen.refused_at, chosen.merged_at, chosen.withdrawn_at) as at) ended
) owed on true
left join lateral (
    select max((rating ->> 'at')::timestamptz) as last_at,
        (array_agg(rating ->> 'satisfaction' order by (rating ->> 'at')::timestamptz desc, number desc)
            filter (where rating ->> 'satisfaction' is not null))[1] as satisfaction
    from jsonb_array_elements(chosen.ratings) with ordinality told (rating, number)
) rated on true
left join lateral (
    select coalesce(jsonb_agg(distinct spoken.ref), '[]') as refs
    from (
        select ref from (values (chosen.place), (chosen.grid), (chosen.assignee), (chosen.handled_by)) named (ref)
        union all
        select one ->> 'unit' collate "C" from jsonb_array_elements(chosen.obligations) one
    ) spoken
    where spoken.ref is not null
      and not exists (select from entity_place where subject = spoken.ref and registered_at is not null)
      and not exists (select from entity_unit where subject = spoken.ref and registered_at is not null)
      and not exists (select from entity_person where subject = spoken.ref and registered_at is not null)
) unknown on true
order by chosen.discovered_at desc nulls first, chosen.subject
