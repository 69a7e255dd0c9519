-- Whistles that called a unit after another one had taken over its service at that estate, and had not come back since.
with recursive taken as materialized (
    select unit.subject as unit, one.estate, one.service, one.by, one.at
    from entity_unit unit
    cross join lateral jsonb_to_recordset(unit.replacements) as one (estate text, service text, by text, at timestamptz)
    where unit.replacements <> '[]'
), ground (estate, place) as (  -- what lies in an estate where that happened
    select taken.estate collate "C", taken.estate collate "C" from taken
    union
    select ground.estate, child.subject from entity_place child join ground on child.parent = ground.place
), whistle as materialized (
    select cases.subject, coalesce(cases.grid, cases.place) as place, owed.*
    from entity_case cases
    cross join lateral jsonb_to_recordset(cases.obligations) as owed (
        whistle text, unit text, began timestamptz, reported_at timestamptz
    )
    where cases.whistled_at is not null
      and jsonb_path_exists(cases.obligations, '$[*].unit ? (@ == $units[*])',
            (select jsonb_build_object('units', jsonb_agg(distinct taken.unit)) from taken))
      and (%(place)s::text is null
           or coalesce(cases.grid, cases.place) in (select below.place from place_subtree(%(place)s) below))
      and (%(unit)s::text is null or owed.unit = %(unit)s)
      and (%(starts)s::timestamptz is null or owed.began >= %(starts)s and owed.began < %(ends)s)
), gone as (
    select distinct on (whistle.subject, whistle.whistle, whistle.unit) whistle.*, taken.service, taken.by as successor,
        taken.at as replaced_at
    from whistle
    join ground on ground.place = whistle.place
    join taken on taken.unit = whistle.unit and taken.estate = ground.estate and taken.at <= whistle.began
    where not exists (  -- it took the service back from its successor before the whistle blew
        select from taken back
        where back.by = whistle.unit and back.estate = taken.estate and back.service = taken.service
          and back.at > taken.at and back.at <= whistle.began)
    order by whistle.subject, whistle.whistle, whistle.unit, taken.at desc
)
select gone.subject, gone.place, place.name as place_name, gone.whistle, gone.unit, unit.name as unit_name,
    gone.began as whistled_at, gone.service, gone.successor, gone.replaced_at, gone.reported_at
from gone
left join entity_unit unit on unit.subject = gone.unit collate "C"
left join entity_place place on place.subject = gone.place
order by gone.began desc, gone.subject, gone.unit collate "C"
limit %(rows)s
