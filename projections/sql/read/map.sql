-- Places of a level on the map: where they lie, what they carry now, which facilities are open there or below.
with above as (
    select level.place, level.holder from place_at_level(%(level)s) level
), load as (
    select above.holder, sum(tally.open)::bigint as open, sum(tally.emergency)::bigint as emergency,
        sum(tally.urgent)::bigint as urgent
    from tally_grid_load tally join above on above.place = tally.place
    group by above.holder
), facility as (
    select counted.holder, jsonb_agg(jsonb_build_object('kind', counted.kind, 'open', counted.open)
        order by counted.kind) as facilities
    from (
        select above.holder, tally.kind, sum(tally.open)::bigint as open
        from tally_facility_day tally join above on above.place = tally.place
        group by above.holder, tally.kind
        having sum(tally.open) > 0
    ) counted
    group by counted.holder
)
select place.subject, place.name, place.registered_at is not null as is_registered, place.level,
    place.parent, parent.name as parent_name, place.longitude, place.latitude, coalesce(place.outline, '[]') as outline,
    place.responsible_unit as unit, unit.name as unit_name, place.brand,
    coalesce(load.open, 0) as open, coalesce(load.emergency, 0) as emergency, coalesce(load.urgent, 0) as urgent,
    coalesce(facility.facilities, '[]') as facilities
from entity_place place
left join entity_place parent on parent.subject = place.parent
left join entity_unit unit on unit.subject = place.responsible_unit
left join load on load.holder = place.subject
left join facility on facility.holder = place.subject
where place.level = %(level)s and place.closed_at is null
  and (%(place)s::text is null or place.subject in (select below.place from place_subtree(%(place)s) below))
order by coalesce(load.open, 0) desc, place.subject
limit %(rows)s
