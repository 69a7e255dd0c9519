-- Where every place is shown: itself, but nothing finer than a grid, and the community and town that it lies in.
-- A building or household stands for the grid, estate or community that holds it. An unknown place has no row.
create function contract_place() returns table (
    place text, place_id text, place_name text, community_id text, community_name text, town_id text, town_name text
)
language sql stable set search_path from current as $$
    select here.subject, coalesce(shown.subject, here.subject), shown.name, community.subject, community.name,
        town.subject, town.name
    from entity_place here
    left join place_at_level('grid') of_grid on of_grid.place = here.subject
    left join place_at_level('estate') of_estate on of_estate.place = here.subject
    left join place_at_level('community') of_community on of_community.place = here.subject
    left join place_at_level('town') of_town on of_town.place = here.subject
    left join place_at_level('county') of_county on of_county.place = here.subject
    left join entity_place shown on shown.subject = coalesce(
        of_grid.holder, of_estate.holder, of_community.holder, of_town.holder, of_county.holder)
    left join entity_place community on community.subject = of_community.holder
    left join entity_place town on town.subject = of_town.holder
$$;
