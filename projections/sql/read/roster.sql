-- The six parties of each estate, with gaps. What serves the community or a place above it serves its estates too where
-- it is a matter of an area: “两委”, 综合执法队, 片区民警. An elected or appointed branch secretary stands for the branch.
with recursive estate as (
    select here.subject, here.name, here.registered_at is not null as is_registered, here.parent
    from entity_place here
    where here.level = 'estate' and here.closed_at is null
      and (%(place)s::text is null or here.subject in (select below.place from place_subtree(%(place)s) below))
), above (subject, place, steps) as (  -- `places_above` of all of them at once
    select estate.subject, estate.subject, 0 from estate
    union
    select above.subject, here.parent, above.steps + 1
    from above join entity_place here on here.subject = above.place
    where here.parent is not null and above.steps < 12
), serving as (
    select distinct above.subject, service ->> 'party' as party, service ->> 'by' collate "C" as by
    from above
    join entity_place here on here.subject = above.place
    cross join lateral jsonb_array_elements(here.services) service
    where above.steps = 0 or service ->> 'party' in ('two_committees', 'law_enforcement', 'police')
    union
    select estate.subject, 'party_branch', post ->> 'person'
    from estate
    join entity_place here on here.subject = estate.subject
    cross join lateral jsonb_array_elements(here.staff) post
    where post ->> 'role' = 'branch_secretary'
), listed as materialized (
    select serving.subject, serving.party,
        jsonb_agg(coalesce(unit.name, serving.by) order by serving.by collate "C") as holders
    from serving left join entity_unit unit on unit.subject = serving.by
    group by 1, 2
), told as materialized (  -- else what is held is looked up for each column
    select estate.*, coalesce((select jsonb_object_agg(party, holders) from listed
                               where listed.subject = estate.subject), '{}') as held
    from estate
)
select told.subject, told.name, told.is_registered, told.parent as community, community.name as community_name,
    coalesce(told.held -> 'party_branch', '[]') as party_branch,
    coalesce(told.held -> 'two_committees', '[]') as two_committees,
    coalesce(told.held -> 'owners_committee', '[]') as owners_committee,
    coalesce(told.held -> 'property_company', '[]') as property_company,
    coalesce(told.held -> 'law_enforcement', '[]') as law_enforcement,
    coalesce(told.held -> 'police', '[]') as police,
    coalesce((
        select jsonb_agg(party order by number)
        from unnest(array['party_branch', 'two_committees', 'owners_committee', 'property_company',
                          'law_enforcement', 'police']) with ordinality six (party, number)
        where not told.held ? party
    ), '[]') as gaps
from told left join entity_place community on community.subject = told.parent
order by jsonb_array_length(coalesce((
    select jsonb_agg(party) from jsonb_object_keys(told.held) party), '[]')), told.subject
limit %(rows)s
