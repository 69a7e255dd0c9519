-- Whistles that called a unit after another one had taken over its service at that estate, and had not come back since.
select cases.subject, coalesce(cases.grid, cases.place) as place, place.name as place_name, owed.whistle, owed.unit,
    unit.name as unit_name, owed.began as whistled_at, gone.service, gone.by as successor, gone.at as replaced_at,
    owed.reported_at
from entity_case cases
cross join lateral jsonb_to_recordset(cases.obligations) as owed (
    whistle text, unit text, began timestamptz, reported_at timestamptz
)
join entity_unit unit on unit.subject = owed.unit collate "C" and unit.replacements <> '[]'
cross join lateral (
    select one.service, one.by, one.at
    from jsonb_to_recordset(unit.replacements) as one (estate text, service text, by text, at timestamptz)
    where one.at <= owed.began
      and exists (select from places_above(coalesce(cases.grid, cases.place)) above where above.place = one.estate)
      and not exists (  -- it took the service back from its successor before the whistle blew
        select from entity_unit other
        cross join lateral jsonb_to_recordset(other.replacements) as back (estate text, service text, by text,
                                                                           at timestamptz)
        where back.by = owed.unit and back.estate = one.estate and back.service = one.service
          and back.at > one.at and back.at <= owed.began)
    order by one.at desc
    limit 1
) gone
left join entity_place place on place.subject = coalesce(cases.grid, cases.place)
where (%(unit)s::text is null or owed.unit = %(unit)s)
  and (%(place)s::text is null
       or coalesce(cases.grid, cases.place) in (select below.place from place_subtree(%(place)s) below))
  and (%(starts)s::timestamptz is null or owed.began >= %(starts)s and owed.began < %(ends)s)
order by owed.began desc, cases.subject, owed.unit collate "C"
limit %(rows)s
