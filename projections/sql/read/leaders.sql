-- Leaders of the four bodies: what they are in charge of, and what they did in the period (field studies, tasks given).
with link as (
    select one.leader, one.body, one.since, here.subject as place, here.level
    from entity_place here
    cross join lateral jsonb_to_recordset(here.links) as one (leader text, body text, since timestamptz)
    where %(place)s::text is null or here.subject in (select below.place from place_subtree(%(place)s) below)
), summed as (
    select link.leader collate "C" as leader, min(link.body) as body, count(*) filter (where level = 'town') as towns,
        count(*) filter (where level = 'community') as communities, count(*) filter (where level = 'estate') as estates,
        count(*) filter (where level = 'grid') as grids, count(*) as places, min(link.since) as since
    from link group by 1
), study as (
    select visit.person, count(*) as field_studies, max(coalesce(visit.began, visit.paid_at)) as last_study_at
    from entity_visit visit
    where visit.kind = 'field_study'
      and (%(starts)s::timestamptz is null
           or coalesce(visit.began, visit.paid_at) >= %(starts)s and coalesce(visit.began, visit.paid_at) < %(ends)s)
    group by 1
), watched as (
    select task.watcher, count(*) as tasks, count(*) filter (where task.verified_at is not null) as verified
    from entity_task task
    where %(starts)s::timestamptz is null or task.assigned_at >= %(starts)s and task.assigned_at < %(ends)s
    group by 1
)
select summed.leader as subject, coalesce(person.registered_at is not null, false) as is_registered, summed.body,
    summed.towns, summed.communities, summed.estates, summed.grids, summed.places, summed.since,
    coalesce(study.field_studies, 0) as field_studies, study.last_study_at,
    coalesce(watched.tasks, 0) as tasks, coalesce(watched.verified, 0) as tasks_verified
from summed
left join entity_person person on person.subject = summed.leader
left join study on study.person = summed.leader
left join watched on watched.watcher = summed.leader
where %(person)s::text is null or summed.leader = %(person)s
order by summed.places desc, summed.leader
limit %(rows)s
