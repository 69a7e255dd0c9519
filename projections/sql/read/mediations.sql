-- Disputes, newest first. Where no due was stamped, the clocks' days count from the opening and from the level.
with stamped as (
    select mediation.*, coalesce(mediation.settled_at, mediation.failed_at, mediation.refused_at) as ended_at,
        case when mediation.due is not null then mediation.extended_at else mediation.opened_at end as total_began,
        coalesce(mediation.due, mediation.opened_at
            + make_interval(days => (%(clocks)s::jsonb ->> 'mediation_total_days')::int)) as total_stamped,
        case when mediation.due is not null and mediation.extended_level = mediation.level
            then mediation.extended_at else mediation.level_since end as level_began,
        case when mediation.due is not null and mediation.extended_level = mediation.level then mediation.due
            else mediation.level_since
                + make_interval(days => (%(clocks)s::jsonb -> 'mediation_days' ->> mediation.level)::int)
            end as level_stamped
    from entity_mediation mediation
), timed as (
    select stamped.*, stamped.opened_at is not null and stamped.ended_at is null as is_open,
        due_with_pauses(stamped.total_stamped, stamped.total_began, stamped.pauses) as total_due,
        due_with_pauses(stamped.level_stamped, stamped.level_began, stamped.pauses) as level_due,
        is_in_time(stamped.settled_at, stamped.total_stamped, stamped.total_began, stamped.pauses, %(as_of)s,
            coalesce(stamped.failed_at, stamped.refused_at)) as is_in_time
    from stamped
)
select timed.subject, timed.place, place.name as place_name, timed.channel, timed.cause,
    case
        when timed.opened_at is null then 'unknown'
        when timed.settled_at is not null then 'settled'
        when timed.failed_at is not null then 'failed'
        when timed.refused_at is not null then 'refused'
        when paused.now then 'paused'
        when timed.meetings <> '[]' then 'met'
        else 'opened'
    end as status,
    timed.is_open, timed.level, timed.mediator, timed.first_responsible, timed.remote, timed.opened_at,
    timed.level_since, timed.level_due, timed.total_due,
    case when timed.is_open then round(extract(epoch from timed.total_due - %(as_of)s) / 86400, 2) end as days_left,
    timed.is_open and timed.is_in_time is false as is_overdue, timed.is_in_time,
    timed.is_open and paused.now as is_paused, timed.due is not null as is_extended, timed.escalated_by,
    jsonb_array_length(timed.meetings) as meetings,
    (select coalesce(jsonb_agg(distinct meeting ->> 'method'), '[]') from jsonb_array_elements(timed.meetings) meeting)
        as methods,
    timed.settled_at, timed.judicial_confirmation, timed.failed_at, timed.failed_to, timed.refused_at,
    timed.followed_up_at, timed.holds, unknown.refs as unknown
from timed
left join entity_place place on place.subject = timed.place
cross join lateral (
    select exists (
        select from jsonb_array_elements(timed.pauses) pause
        where (pause ->> 'since')::timestamptz <= %(as_of)s and (pause ->> 'until')::timestamptz > %(as_of)s
    ) as now
) paused
cross join lateral (
    select coalesce(jsonb_agg(distinct spoken.ref), '[]') as refs
    from (values (timed.place), (timed.mediator), (timed.first_responsible)) spoken (ref)
    where spoken.ref is not null
      and not exists (select from entity_place where subject = spoken.ref and registered_at is not null)
      and not exists (select from entity_person where subject = spoken.ref and registered_at is not null)
) unknown
where (%(subject)s::text is null or timed.subject = %(subject)s)
  and (%(starts)s::timestamptz is null or timed.opened_at >= %(starts)s and timed.opened_at < %(ends)s)
  and (%(place)s::text is null or timed.place in (select below.place from place_subtree(%(place)s) below))
  and (%(person)s::text is null or %(person)s in (timed.mediator, timed.first_responsible))
  and (%(is_open)s::boolean is null or timed.is_open = %(is_open)s)
  and (not %(overdue)s or timed.is_open and timed.is_in_time is false)
order by timed.opened_at desc nulls first, timed.subject
limit %(rows)s
