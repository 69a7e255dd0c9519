-- A place and all above it, by today's tree: itself after 0 steps.
create function places_above(start text) returns table (place text, steps integer)
language sql stable set search_path from current as $$
    with recursive above (place, steps) as (
        select start collate "C", 0
        union
        select here.parent, above.steps + 1
        from above join entity_place here on here.subject = above.place
        where here.parent is not null and above.steps < 12  -- a circle in the registry ends here
    )
    select above.place, above.steps from above
$$;
