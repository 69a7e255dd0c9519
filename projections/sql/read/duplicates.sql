-- Open cases that may be one: of one category, near in space and time. Suggested, and never acted on.
-- A case lies where it counts: the centre of its grid or place. Pairs of one place need no centre.
with lying as (
    select cases.subject, cases.category, cases.discovered_at, coalesce(cases.grid, cases.place) as at_place,
        cases.reporter, place.name as place_name, place.longitude, place.latitude
    from entity_case cases
    left join entity_place place on place.subject = coalesce(cases.grid, cases.place)
    where cases.discovered_at is not null and coalesce(cases.grid, cases.place) is not null
      and coalesce(cases.refused_at, cases.handled_at, cases.merged_at, cases.withdrawn_at, cases.closed_at) is null
      and (%(starts)s::timestamptz is null or cases.discovered_at >= %(starts)s and cases.discovered_at < %(ends)s)
      and (%(place)s::text is null
           or coalesce(cases.grid, cases.place) in (select below.place from place_subtree(%(place)s) below))
), paired as (
    select earlier.subject, later.subject as other, earlier.category, earlier.at_place as place, earlier.place_name,
        later.at_place as other_place, earlier.discovered_at, later.discovered_at as other_discovered_at,
        coalesce(earlier.reporter = later.reporter, false) as is_same_reporter,
        case when earlier.at_place = later.at_place then 0 else round(111320 * sqrt(
            power((earlier.longitude - later.longitude) * cos(radians((earlier.latitude + later.latitude) / 2)), 2)
            + power(earlier.latitude - later.latitude, 2)))::bigint end as metres
    from lying earlier
    join lying later on later.category = earlier.category
        and (later.discovered_at, later.subject) > (earlier.discovered_at, earlier.subject)
        and later.discovered_at - earlier.discovered_at
            <= make_interval(days => (%(duplicates)s::jsonb ->> 'days')::int)
)
select subject, other, category, place, place_name, other_place, discovered_at, other_discovered_at, metres,
    is_same_reporter
from paired
where metres <= (%(duplicates)s::jsonb ->> 'metres')::int
order by other_discovered_at desc, metres, subject, other
limit %(rows)s
