-- Grid workers by weighted open load, and what they did in the period. No score: nobody is ranked by default.
with load as (
    select * from open_load(%(workload)s, 'worker')
), post as (
    select post ->> 'person' collate "C" as person, place.subject, place.name
    from entity_place place, jsonb_array_elements(place.staff) post
    where post ->> 'role' = 'grid_worker'
), done as (
    select tally.person, sum(tally.dispatched)::bigint as dispatched, sum(tally.accepted)::bigint as accepted,
        sum(tally.handled)::bigint as handled
    from tally_worker_day tally
    where tally.day between %(first)s and %(last)s and tally.person like 'person/%%'
    group by tally.person
), late as (
    select cases.assignee as person, count(*) as overdue
    from entity_case cases
    where case_is_open(cases) and cases.handle_due < %(as_of)s and case_is_in_time(cases, %(as_of)s) is false
    group by 1
), listed as (
    select post.person from post
    union select load.holder from load
    union select done.person from done
)
select listed.person as subject, coalesce(person.registered_at is not null, false) as is_registered,
    person.unit, unit.name as unit_name, person.community, community.name as community_name,
    coalesce((select jsonb_agg(jsonb_build_object('place', post.subject, 'name', post.name) order by post.subject)
              from post where post.person = listed.person), '[]') as grids,
    coalesce(person.away_from <= %(as_of)s and person.away_until > %(as_of)s, false) as is_away,
    coalesce(load.open, 0) as open, coalesce(load.emergency, 0) as emergency, coalesce(load.urgent, 0) as urgent,
    coalesce(load.ordinary, 0) as ordinary, coalesce(load.mediations, 0) as mediations,
    coalesce(load.applications, 0) as applications, coalesce(load.hazards, 0) as hazards,
    coalesce(load.load, 0) as load, coalesce(late.overdue, 0) as overdue,
    coalesce(done.dispatched, 0) as dispatched, coalesce(done.accepted, 0) as accepted, coalesce(done.handled, 0) as handled
from listed
left join entity_person person on person.subject = listed.person
left join entity_unit unit on unit.subject = person.unit
left join entity_place community on community.subject = person.community
left join load on load.holder = listed.person
left join done on done.person = listed.person
left join late on late.person = listed.person
where (%(person)s::text is null or listed.person = %(person)s)
  and (%(unit)s::text is null or person.unit = %(unit)s)
  and (%(place)s::text is null
       or person.community in (select below.place from place_subtree(%(place)s) below)
       or listed.person in (
            select post.person from post where post.subject in (select below.place from place_subtree(%(place)s) below)))
order by coalesce(load.load, 0) desc, listed.person
limit %(rows)s
