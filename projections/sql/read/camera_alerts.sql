-- Alerts, newest first, with who looked and what was found.
select camera.subject, camera.network, camera.place, place.name as place_name, one.alert, one.kind, one.confidence,
    one.at as alerted_at,
    case when one.confirmed_at is not null then 'confirmed' when one.dismissed_at is not null then 'dismissed'
        else 'waiting' end as status,
    one.by, coalesce(one.confirmed_at, one.dismissed_at) as answered_at, one.case as of_case
from entity_camera camera
cross join lateral jsonb_to_recordset(camera.alerts) as one (
    alert text, kind text, confidence bigint, at timestamptz, by text, "case" text, confirmed_at timestamptz,
    dismissed_at timestamptz
)
left join entity_place place on place.subject = camera.place
where (%(place)s::text is null or camera.place in (select below.place from place_subtree(%(place)s) below))
  and (%(person)s::text is null or one.by = %(person)s)
  and (%(starts)s::timestamptz is null or one.at >= %(starts)s and one.at < %(ends)s)
order by one.at desc nulls first, camera.subject, one.alert collate "C"
limit %(rows)s
