-- 上门服务、解决困难: deeds of the five colours for residents, by place of a level. A deed that was told twice, as the
-- same act or in two families, counts once; so does one that several members did together.
with member as (
    select distinct one.person collate "C" as person
    from entity_team team cross join lateral jsonb_array_elements_text(team.members) one (person)
    where team.kind = 'five_colour'
), told as (
    select coalesce(act.same_act, act.subject) as deed, act.place, act.began, act.persons, 'home_service' as way
    from entity_act act where act.confirmed_at is not null and act.kind = 'home_service'
    union all
    select coalesce(wish.same_act, wish.subject), wish.place, wish.began, wish.persons, 'wish'
    from entity_wish wish where wish.granted_at is not null and wish.home_visit
    union all
    select coalesce(visit.same_act, visit.subject), visit.place, visit.began, jsonb_build_array(visit.person), 'visit'
    from entity_visit visit where visit.helped
), deed as (
    select distinct on (told.deed) told.deed, told.place, told.way
    from told
    where (%(starts)s::timestamptz is null or told.began >= %(starts)s and told.began < %(ends)s)
      and (%(place)s::text is null or told.place in (select below.place from place_subtree(%(place)s) below))
      and exists (
        select from jsonb_array_elements_text(told.persons) one (person)
        join member on member.person = one.person collate "C")
    order by told.deed, told.began, told.way
), held as (
    select coalesce(level.holder, deed.place) as holder, deed.way
    from deed left join place_at_level(%(level)s) level on level.place = deed.place
), summed as (
    select held.holder, grouping(held.holder) = 1 as is_overall, count(*) as deeds,
        count(*) filter (where held.way = 'home_service') as home_services,
        count(*) filter (where held.way = 'wish') as wishes, count(*) filter (where held.way = 'visit') as visits
    from held group by grouping sets ((held.holder), ())
)
select summed.is_overall, summed.holder as subject, place.name, summed.deeds, summed.home_services, summed.wishes,
    summed.visits
from summed left join entity_place place on place.subject = summed.holder
order by summed.is_overall desc, summed.deeds desc, summed.holder
limit %(rows)s
