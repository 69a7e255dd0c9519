-- The places with everything above them in today's tree, themselves included. Unknown places have no row.
with recursive above (place, ancestor) as (
    select subject, subject from entity_place where subject = any(%(places)s)
    union  -- not `union all`: a circle in the registry ends here
    select above.place, higher.parent
    from above join entity_place higher on higher.subject = above.ancestor
    where higher.parent is not null
)
select place, array_agg(ancestor) from above group by place
