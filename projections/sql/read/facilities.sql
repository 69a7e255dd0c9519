-- Facilities, place by place. One that has no location of its own stands where its place does.
select here.subject as place, here.name as place_name, here.level as place_level, one.facility, one.kind, one.functions,
    one.hours, one.opened_at, one.upgraded_at, one.closed_at,
    one.opened_at is not null and one.closed_at is null as is_open,
    coalesce(one.longitude, here.longitude) as longitude, coalesce(one.latitude, here.latitude) as latitude
from entity_place here
cross join lateral jsonb_to_recordset(here.facilities) as one (
    facility text, kind text, functions jsonb, longitude double precision, latitude double precision, hours text,
    opened_at timestamptz, upgraded_at timestamptz, closed_at timestamptz
)
where (%(place)s::text is null or here.subject in (select below.place from place_subtree(%(place)s) below))
  and (%(facility_kind)s::text is null or one.kind = %(facility_kind)s)
  and (%(starts)s::timestamptz is null or one.opened_at >= %(starts)s and one.opened_at < %(ends)s)
order by one.kind nulls last, here.subject, one.facility collate "C"
limit %(rows)s
