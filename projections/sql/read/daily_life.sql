-- 一刻钟便民服务区: which share of the estates has an open facility of each kind near enough. A facility at the estate
-- itself is near whatever is known of locations; otherwise an estate without a location can't be judged.
with estate as (
    select here.subject, coalesce(level.holder, here.subject) as holder, here.longitude, here.latitude
    from entity_place here
    left join place_at_level(%(level)s) level on level.place = here.subject
    where here.level = 'estate' and here.closed_at is null
      and (%(place)s::text is null or here.subject in (select below.place from place_subtree(%(place)s) below))
), open_facility as (
    select here.subject as place, one.kind, coalesce(one.longitude, here.longitude) as longitude,
        coalesce(one.latitude, here.latitude) as latitude
    from entity_place here
    cross join lateral jsonb_to_recordset(here.facilities) as one (
        kind text, longitude double precision, latitude double precision, opened_at timestamptz, closed_at timestamptz
    )
    where one.opened_at is not null and one.closed_at is null
), kinds as (
    select kind from jsonb_array_elements_text(%(daily_life)s::jsonb -> 'kinds') kind
), near as (  -- a degree of latitude is a little over 111 km, and cheap to compare
    select distinct estate.subject, facility.kind
    from estate
    cross join (select (%(daily_life)s::jsonb ->> 'within_metres')::double precision as metres) within
    join open_facility facility on facility.place = estate.subject
        or abs(facility.latitude - estate.latitude) * 111000 <= within.metres
            and metres_between(estate.longitude, estate.latitude, facility.longitude, facility.latitude)
                <= within.metres
), judged as (
    select estate.holder, kinds.kind, near.subject is not null as is_near
    from estate
    cross join kinds
    left join near on near.subject = estate.subject and near.kind = kinds.kind
), located as (
    select holder, count(*) filter (where longitude is null or latitude is null) as unlocated
    from estate group by 1
), summed as (
    select judged.holder, judged.kind, grouping(judged.holder) = 1 as is_overall, count(*) as estates,
        count(*) filter (where judged.is_near) as near
    from judged group by grouping sets ((judged.holder, judged.kind), (judged.kind))
)
select summed.is_overall, coalesce(summed.holder, %(place)s) as subject, place.name, summed.kind, summed.estates,
    summed.near, round(summed.near::numeric / summed.estates, 6) as near_share,
    coalesce((select sum(located.unlocated)::bigint from located
              where summed.is_overall or located.holder = summed.holder), 0) as unlocated
from summed left join entity_place place on place.subject = coalesce(summed.holder, %(place)s)
order by summed.is_overall desc, summed.holder, summed.kind
limit %(rows)s
