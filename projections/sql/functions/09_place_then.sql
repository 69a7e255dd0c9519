-- As `place_subtree` and `place_at_level`, by the tree of each day: `days` says on which days the row is true.
-- A place has its level always; only its parents change.
create function place_subtree_then(root text) returns table (place text, days daterange)
language sql stable set search_path from current as $$
    with recursive spell as materialized (
        select place, parent, days from place_spells()
    ), below (place, days) as (
        select root collate "C", daterange(null, null)
        union  -- not `union all`: a circle in the registry ends here
        select spell.place, spell.days * below.days
        from spell join below on spell.parent = below.place and spell.days && below.days
    )
    select below.place, below.days from below
$$;

create function place_at_level_then(at_level text) returns table (place text, holder text, days daterange)
language sql stable set search_path from current as $$
    with recursive spell as materialized (
        select spell.place, spell.parent, spell.days
        from place_spells() spell
        join entity_place place on place.subject = spell.place and place.level is distinct from at_level
    ), below (place, holder, days) as (
        select subject, subject, daterange(null, null) from entity_place where level = at_level
        union
        select spell.place, below.holder, spell.days * below.days
        from spell join below on spell.parent = below.place and spell.days && below.days
    )
    select below.place, below.holder, below.days from below
$$;
