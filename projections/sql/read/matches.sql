-- Open needs and open resources that could meet: one category and measure, time in common that is not over, enough left.
with open_listing as (
    select listing.subject, listing.title, listing.kind, listing.category, listing.by, listing.unit_of_quantity,
        listing.quantity - listing.claimed as left_over, listing.since, listing.until, place.name as place_name,
        coalesce(place.name, unit.name) as name, unit.pairings
    from entity_listing listing
    left join entity_place place on place.subject = listing.by
    left join entity_unit unit on unit.subject = listing.by
    where listing.posted_at <= %(as_of)s and listing.until >= %(as_of)s and listing.withdrawn_at is null
      and listing.claimed < listing.quantity
)
select need.subject as need, need.title as need_title, need.by as need_by, need.name as need_name,
    resource.subject as resource, resource.title as resource_title, resource.by as resource_by,
    resource.name as resource_name, need.category, need.left_over as wanted, resource.left_over,
    need.unit_of_quantity, shared.since, shared.until, shared.is_paired
from open_listing need
join open_listing resource using (category, unit_of_quantity)
cross join lateral (
    select greatest(need.since, resource.since) as since, least(need.until, resource.until) as until,
        exists (
            select from jsonb_array_elements(coalesce(resource.pairings, need.pairings)) pairing
            where pairing ->> 'community' in (need.by, resource.by)
               or pairing -> 'estates' ?| array[need.by, resource.by]
        ) as is_paired
) shared
where need.kind = 'need' and resource.kind = 'resource' and need.by <> resource.by
  and shared.since <= shared.until and resource.left_over >= need.left_over
  and (%(unit)s::text is null or %(unit)s in (need.by, resource.by))
  and (%(place)s::text is null or exists (
        select from place_subtree(%(place)s) below where below.place in (need.by, resource.by)))
order by shared.is_paired desc, shared.until - shared.since desc, need.subject, resource.subject
limit %(rows)s
