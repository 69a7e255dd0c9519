-- Social organisations and in what they took part. The first row is all of them together.
with took_part as (
    select provider as unit, 'activities' as way, activity.begins as at
    from entity_activity activity cross join lateral jsonb_array_elements_text(activity.providers) provider
    where activity.held_at is not null
    union all
    select activity.organiser, 'activities', activity.begins from entity_activity activity
    where activity.held_at is not null
    union all select act.unit, 'acts', act.began from entity_act act where act.refused_at is null
    union all select contract.unit, 'contracts', contract.signed_at from entity_contract contract
    union all
    select orders.unit, 'orders', orders.done_at from entity_order orders where orders.done_at is not null
    union all
    select seat ->> 'unit', 'councils', (seat ->> 'since')::timestamptz
    from entity_council council cross join lateral jsonb_array_elements(council.seats) seat
    union all
    select came ->> 'unit', 'conferences', conference.held_at
    from entity_conference conference cross join lateral jsonb_array_elements(conference.attendance) came
    where (came ->> 'persons')::bigint > 0
    union all select unit.subject, 'alliance', unit.alliance_at from entity_unit unit
), counted as (
    select unit.subject, unit.name,
        count(*) filter (where way = 'activities') as activities, count(*) filter (where way = 'acts') as acts,
        count(*) filter (where way = 'contracts') as contracts, count(*) filter (where way = 'orders') as orders,
        count(*) filter (where way = 'councils') as councils,
        count(*) filter (where way = 'conferences') as conferences,
        count(*) filter (where way = 'alliance') > 0 as is_in_alliance,
        count(took_part.way) > 0 as took_part, max(took_part.at) as last_at
    from entity_unit unit
    left join took_part on took_part.unit = unit.subject and took_part.at is not null
        and (%(starts)s::timestamptz is null or took_part.at >= %(starts)s and took_part.at < %(ends)s)
    where unit.kind = 'social_organisation'
      and (%(unit)s::text is null or unit.subject = %(unit)s)
      and (%(place)s::text is null or exists (
        select from jsonb_array_elements(unit.pairings) pairing
        where pairing ->> 'community' in (select below.place from place_subtree(%(place)s) below)))
    group by 1, 2
)
select true as is_overall, null as subject, null as name, count(*) as organisations,
    count(*) filter (where took_part) as taking_part, coalesce(sum(activities), 0)::bigint as activities,
    coalesce(sum(acts), 0)::bigint as acts, coalesce(sum(contracts), 0)::bigint as contracts,
    coalesce(sum(orders), 0)::bigint as orders, coalesce(sum(councils), 0)::bigint as councils,
    coalesce(sum(conferences), 0)::bigint as conferences, count(*) filter (where is_in_alliance) as in_alliance,
    max(last_at) as last_at
from counted
union all
select * from (
    select false, subject, name, 1::bigint, took_part::int::bigint, activities, acts, contracts, orders, councils,
        conferences, is_in_alliance::int::bigint, last_at
    from counted order by took_part desc, last_at desc nulls last, subject
) listed
limit %(rows)s
