-- Cases as Open311 shows them, the newest first: those that came that way, or that one of `sources` told.
-- Texts and locations stay sealed; of where a case is, its place is told and no more.
with chosen as (
    select cases.*, case_step(cases) as step, case_updated_at(cases) as updated_at,
        coalesce(cases.grid, cases.place) as at_place
    from entity_case cases
    where cases.discovered_at is not null
      and (cases.channel = 'open311' or %(sources)s::text[] is not null and cases.source = any(%(sources)s))
      and (%(subjects)s::text[] is null or cases.subject = any(%(subjects)s))
      and (%(since)s::timestamptz is null or cases.discovered_at >= %(since)s and cases.discovered_at < %(until)s)
      and (%(categories)s::text[] is null or cases.category = any(%(categories)s))
      and (%(updated_since)s::timestamptz is null or case_updated_at(cases) >= %(updated_since)s)
      and (%(updated_until)s::timestamptz is null or case_updated_at(cases) < %(updated_until)s)
      and (%(is_open)s::boolean is null or %(is_open)s = (coalesce(
            cases.refused_at, cases.handled_at, cases.merged_at, cases.withdrawn_at, cases.closed_at) is null))
    order by cases.discovered_at desc, cases.subject
    limit %(rows)s offset %(skipped)s
)
select chosen.subject, coalesce(chosen.category, '') as category, chosen.step,
    coalesce(chosen.refused_at, chosen.handled_at, chosen.merged_at, chosen.withdrawn_at, chosen.closed_at) is null
        as is_open,
    chosen.resolved, chosen.discovered_at as requested_at, chosen.updated_at,
    coalesce(chosen.handle_due, owed.handle_due) as expected_at, chosen.at_place as place, place.name as place_name,
    place.latitude, place.longitude, coalesce(lead.name, assigned.name, responsible.name) as agency,
    chosen.merged_into
from chosen
left join entity_place place on place.subject = chosen.at_place
left join entity_unit responsible on responsible.subject = place.responsible_unit
left join entity_unit assigned on assigned.subject = chosen.assignee
left join lateral (
    select one ->> 'unit' collate "C" as unit, (one ->> 'handle_due')::timestamptz as handle_due
    from jsonb_array_elements(chosen.obligations) with ordinality told (one, number)
    where one ->> 'part' = 'lead'
    order by number desc
    limit 1
) owed on true
left join entity_unit lead on lead.subject = owed.unit
order by chosen.discovered_at desc, chosen.subject
