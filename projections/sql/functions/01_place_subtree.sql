-- A place and all below it, by today's tree. A place that is not registered is its own subtree.
create function place_subtree(root text) returns table (place text)
language sql stable set search_path from current as $$
    with recursive below (place) as (
        select root collate "C"
        union  -- not `union all`: a circle in the registry ends here
        select child.subject from entity_place child join below on child.parent = below.place
    )
    select below.place from below
$$;
