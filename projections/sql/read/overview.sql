-- 一屏: what each place of a level has on its desk, the whole first, and its three rates of the month of `as_of`.
with counted (place, what, count) as (
    select place, 'received_today', discovered from tally_case_day where day = %(today)s
    union all select place, 'handled_today', done from tally_case_day where day = %(today)s
    union all select place, 'open_cases', open from tally_grid_load
    union all select place, 'open_mediations', open from tally_mediation_day where open > 0
    union all select place, 'open_wishes', open from tally_wish_day where open > 0
    union all select place, 'open_hazards', open from tally_hazard_day where open > 0
    union all select place, 'open_orders', placed - solved from tally_order_day where placed > solved
    union all select place, 'open_applications', filed - decided from tally_application_day where filed > decided
    union all select estate, 'open_topics', collected - solved - rejected - referred from tally_topic_day
        where collected > solved + rejected + referred
    union all select grid, 'curtains_missed_today', missed from tally_curtain_day where day = %(today)s
    union all
    select coalesce(cases.grid, cases.place), 'overdue_cases', count(*)
    from entity_case cases
    where case_is_open(cases) and cases.handle_due < %(as_of)s and case_is_in_time(cases, %(as_of)s) is false
    group by 1
), held as (
    select coalesce(level.holder, counted.place) as holder, counted.what, counted.count
    from counted left join place_at_level(%(level)s) level on level.place = counted.place
    where counted.place is not null
      and (%(place)s::text is null or counted.place in (select below.place from place_subtree(%(place)s) below))
    union all  -- places with nothing on their desk stand there too
    select subject, null, 0 from entity_place
    where level = %(level)s and closed_at is null
      and (%(place)s::text is null or subject in (select below.place from place_subtree(%(place)s) below))
), summed as (
    select held.holder, grouping(held.holder) = 1 as is_overall,
        coalesce(sum(held.count) filter (where held.what = 'received_today'), 0)::bigint as received_today,
        coalesce(sum(held.count) filter (where held.what = 'handled_today'), 0)::bigint as handled_today,
        coalesce(sum(held.count) filter (where held.what = 'open_cases'), 0)::bigint as open_cases,
        coalesce(sum(held.count) filter (where held.what = 'overdue_cases'), 0)::bigint as overdue_cases,
        coalesce(sum(held.count) filter (where held.what = 'open_mediations'), 0)::bigint as open_mediations,
        coalesce(sum(held.count) filter (where held.what = 'open_wishes'), 0)::bigint as open_wishes,
        coalesce(sum(held.count) filter (where held.what = 'open_hazards'), 0)::bigint as open_hazards,
        coalesce(sum(held.count) filter (where held.what = 'open_orders'), 0)::bigint as open_orders,
        coalesce(sum(held.count) filter (where held.what = 'open_applications'), 0)::bigint as open_applications,
        coalesce(sum(held.count) filter (where held.what = 'open_topics'), 0)::bigint as open_topics,
        coalesce(sum(held.count) filter (where held.what = 'curtains_missed_today'), 0)::bigint
            as curtains_missed_today
    from held
    group by grouping sets ((held.holder), ())
), rated as (
    select rates.place, rates.is_overall, rates.valid, rates.response, rates.resolution, rates.satisfaction, rates.score
    from three_rates(%(three_rates)s, %(first)s, %(last)s, %(place)s, %(level)s) rates
    where not rates.with_excluded and rates.with_disputed
)
select summed.*, coalesce(summed.holder, %(place)s) as subject, place.name, place.level,
    summed.holder is null and %(place)s::text is null or coalesce(place.registered_at is not null, false) as is_registered,
    coalesce(rated.valid, 0) as valid, rated.response, rated.resolution, rated.satisfaction, rated.score
from summed
left join entity_place place on place.subject = coalesce(summed.holder, %(place)s)
left join rated on rated.is_overall = summed.is_overall and rated.place is not distinct from summed.holder
order by summed.is_overall desc, summed.holder
limit %(rows)s
