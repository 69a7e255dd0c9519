-- Which of the four regulations are in force at each estate: its own, else that of the nearest place above it.
with recursive estate as (
    select here.subject, here.name, here.parent
    from entity_place here
    where here.level = 'estate' and here.closed_at is null
      and (%(place)s::text is null or here.subject in (select below.place from place_subtree(%(place)s) below))
), above (subject, place, steps) as (  -- `places_above` of all of them at once
    select estate.subject, estate.subject, 0 from estate
    union
    select above.subject, here.parent, above.steps + 1
    from above join entity_place here on here.subject = above.place
    where here.parent is not null and above.steps < 12
), nearest as materialized (
    select distinct on (above.subject, rule ->> 'kind') above.subject, rule ->> 'kind' as kind,
        rule ->> 'title' as title
    from above
    join entity_place here on here.subject = above.place
    cross join lateral jsonb_array_elements(here.regulations) rule
    where rule ->> 'kind' is not null and rule ->> 'issued_at' is not null and rule ->> 'repealed_at' is null
    order by above.subject, rule ->> 'kind', above.steps, (rule ->> 'issued_at')::timestamptz desc
), told as materialized (  -- else what is held is looked up for each column
    select estate.*, coalesce((select jsonb_object_agg(kind, title) from nearest
                               where nearest.subject = estate.subject), '{}') as held
    from estate
)
select told.subject, told.name, told.parent as community, community.name as community_name,
    told.held ->> 'grid_mechanism' as grid_mechanism,
    told.held ->> 'owners_committee_routine' as owners_committee_routine,
    told.held ->> 'branch_duties' as branch_duties, told.held ->> 'branch_liaison' as branch_liaison,
    (select count(*) from jsonb_object_keys(told.held)) as in_force
from told left join entity_place community on community.subject = told.parent
order by in_force, told.subject
limit %(rows)s
