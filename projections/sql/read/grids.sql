-- Grids, or places of another level, by weighted open load: what they carry now, and the score of the period. What
-- none of them holds stands last.
with load as (
    select * from open_load(%(workload)s, 'grid', %(level)s)
), month as (
    select * from grid_month(%(workload)s, %(first)s, %(last_month)s, %(as_of)s, %(place)s, %(level)s)
), late as (
    select coalesce(level.holder, cases.grid, cases.place) as place, count(*) as overdue
    from entity_case cases
    left join place_at_level(%(level)s) level on level.place = coalesce(cases.grid, cases.place)
    where case_is_open(cases) and cases.handle_due < %(as_of)s and case_is_in_time(cases, %(as_of)s) is false
    group by 1
), listed as (
    select subject from entity_place where level = %(level)s and closed_at is null
    union select load.holder from load
    union select month.place from month
)
select listed.subject, grid.name, coalesce(grid.registered_at is not null, false) as is_registered, grid.level,
    grid.parent, parent.name as parent_name, grid.responsible_unit, unit.name as unit_name,
    coalesce((select jsonb_agg(distinct post ->> 'person') from jsonb_array_elements(grid.staff) post
              where post ->> 'role' = 'grid_worker'), '[]') as workers,
    coalesce(load.open, 0) as open, coalesce(load.emergency, 0) as emergency, coalesce(load.urgent, 0) as urgent,
    coalesce(load.ordinary, 0) as ordinary, coalesce(load.mediations, 0) as mediations,
    coalesce(load.applications, 0) as applications, coalesce(load.hazards, 0) as hazards,
    coalesce(load.load, 0) as load, coalesce(late.overdue, 0) as overdue,
    coalesce(month.cases, 0) as cases, month.operation, month.duty, month.staff,
    coalesce(month.measured, 0) as measured, month.score, month.bonus, coalesce(month.terms, '[]') as terms
from listed
left join entity_place grid on grid.subject = listed.subject
left join entity_place parent on parent.subject = grid.parent
left join entity_unit unit on unit.subject = grid.responsible_unit
left join load on load.holder = listed.subject
left join month on month.place = listed.subject
left join late on late.place = listed.subject
where (%(place)s::text is null or listed.subject in (select below.place from place_subtree(%(place)s) below))
  and (%(unit)s::text is null or grid.responsible_unit = %(unit)s)
order by grid.level is distinct from %(level)s, coalesce(load.load, 0) desc, listed.subject
limit %(rows)s
