-- Signs of gaming in the period, newest first. A sign is of a place where any of its cases stands there or below.
select flags.flag, flags.at, flags.person, flags.place, place.name as place_name, flags.counted, flags.cases,
    flags.evidence
from gaming_flags(%(gaming)s, %(first)s, %(last)s) flags
left join entity_place place on place.subject = flags.place
where (%(flag)s::text is null or flags.flag = %(flag)s)
  and (%(person)s::text is null or flags.person = %(person)s)
  and (%(place)s::text is null or exists (
        select from entity_case cases
        where flags.cases ? cases.subject
          and coalesce(cases.grid, cases.place) in (select below.place from place_subtree(%(place)s) below)))
order by flags.at desc, flags.flag, flags.person, flags.cases
limit %(rows)s
