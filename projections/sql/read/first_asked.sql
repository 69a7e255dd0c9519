-- 首问负责: matters by the person who was asked first, how many were seen through, and how often they changed hands.
with matter as (
    select cases.first_responsible as person, 'case' as kind, coalesce(cases.grid, cases.place) as place,
        cases.discovered_at as began, cases.handled_at is not null as is_seen_through,
        coalesce(cases.refused_at, cases.handled_at, cases.merged_at, cases.withdrawn_at, cases.closed_at) is null
            as is_open,
        greatest(cases.dispatches - 1, 0) + (cases.whistled_at is not null)::int + (cases.escalated_at is not null)::int
            as hand_offs
    from entity_case cases
    where cases.first_responsible is not null and cases.discovered_at is not null
    union all
    select mediation.first_responsible, 'mediation', mediation.place, mediation.opened_at,
        mediation.settled_at is not null,
        coalesce(mediation.settled_at, mediation.failed_at, mediation.refused_at) is null,
        case mediation.level when 'community' then 1 when 'town' then 2 when 'county' then 3 else 0 end
    from entity_mediation mediation
    where mediation.first_responsible is not null and mediation.opened_at is not null
    union all
    select application.first_responsible, 'application', application.community, application.filed_at,
        application.delivered_at is not null, application.decided_at is null, 0
    from entity_application application
    where application.first_responsible is not null and application.filed_at is not null
), summed as (
    select matter.person, grouping(matter.person) = 1 as is_overall, count(*) as matters,
        count(*) filter (where matter.kind = 'case') as cases,
        count(*) filter (where matter.kind = 'mediation') as mediations,
        count(*) filter (where matter.kind = 'application') as applications,
        count(*) filter (where matter.is_seen_through) as seen_through,
        count(*) filter (where matter.is_open) as open,
        coalesce(sum(matter.hand_offs), 0)::bigint as hand_offs
    from matter
    where (%(person)s::text is null or matter.person = %(person)s)
      and (%(starts)s::timestamptz is null or matter.began >= %(starts)s and matter.began < %(ends)s)
      and (%(place)s::text is null or matter.place in (select below.place from place_subtree(%(place)s) below))
    group by grouping sets ((matter.person), ())
)
select summed.person as subject, summed.*, summed.is_overall or person.registered_at is not null as is_registered,
    person.unit, unit.name as unit_name,
    round(summed.seen_through::numeric / nullif(summed.matters, 0), 6) as seen_through_share,
    round(summed.hand_offs::numeric / nullif(summed.matters, 0), 6) as hand_offs_each
from summed
left join entity_person person on person.subject = summed.person
left join entity_unit unit on unit.subject = person.unit
order by summed.is_overall desc, summed.matters desc, summed.person
limit %(rows)s
