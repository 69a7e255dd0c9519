-- Under which parent every place stood on which days, by `entity_place.parents`.
--
-- The parent at the end of a day (Shanghai) is that day's; of two changes on one day the later one holds. Before the
-- first that is known of, a place stood where that one puts it: so a late registration repairs the days before it.
create function place_spells() returns table (place text, parent text, days daterange)
language sql stable set search_path from current as $$
    with told as (
        select distinct on (place.subject, day) place.subject, day, change ->> 'parent' collate "C" as parent
        from entity_place place
        cross join lateral jsonb_array_elements(place.parents) with ordinality one (change, number)
        cross join lateral (select ((change ->> 'since')::timestamptz at time zone 'Asia/Shanghai')::date) at (day)
        order by place.subject, day, (change ->> 'since')::timestamptz desc, number desc
    )
    select told.subject, told.parent, daterange(
        case when lag(told.day) over spells is not null then told.day end, lead(told.day) over spells)
    from told
    window spells as (partition by told.subject order by told.day)
$$;
