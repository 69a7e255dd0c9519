-- Which place of a level every place belongs to, by today's tree. Places above the level belong to none.
create function place_at_level(at_level text) returns table (place text, holder text)
language sql stable set search_path from current as $$
    with recursive below (place, holder) as (
        select subject, subject from entity_place where level = at_level
        union
        select child.subject, below.holder from entity_place child join below on child.parent = below.place
        where child.level is distinct from at_level
    )
    select below.place, below.holder from below
$$;
