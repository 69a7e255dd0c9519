-- Who has told what until when 新鲜度, and who broke the rhythm that it declared 漏报.
--
-- A source that no publisher has registered is a row of its own. A rhythm is broken at `as_of` when the newest event,
-- else the registration, lies further back than the rhythm allows; who was revoked owes nothing any more.
create function publisher_freshness(as_of timestamptz) returns table (
    subject text, name text, is_registered boolean, sources jsonb, rhythm_minutes bigint, newest_time timestamptz,
    newest_stamp timestamptz, events bigint, events_today bigint, silent_since timestamptz, revoked_at timestamptz,
    is_missed boolean
)
language sql stable set search_path from current as $$
    with today as (
        select (as_of at time zone 'Asia/Shanghai')::date as day
    ), told as (
        select watermark.source, max(least(watermark.newest_time, as_of)) as newest_time,
            max(watermark.newest_stamp) as newest_stamp, sum(watermark.events)::bigint as events,
            coalesce(sum(watermark.events) filter (where watermark.day = today.day), 0)::bigint as events_today
        from watermark cross join today
        where watermark.day <= today.day
        group by watermark.source
    ), owned as (
        select distinct on (source) publisher.subject, source.name collate "C" as source
        from entity_publisher publisher, jsonb_array_elements_text(publisher.sources) source (name)
        order by source, publisher.revoked_at desc nulls first, publisher.subject  -- who has it now, or had it last
    ), summed as (
        select coalesce(owned.subject, told.source) as subject, jsonb_agg(distinct told.source) as sources,
            max(told.newest_time) as newest_time, max(told.newest_stamp) as newest_stamp,
            sum(told.events)::bigint as events, sum(told.events_today)::bigint as events_today
        from told left join owned on owned.source = told.source
        group by 1
    ), listed as (
        select publisher.subject, publisher.name, publisher.sources, publisher.rhythm_minutes, publisher.registered_at,
            publisher.revoked_at, greatest(publisher.registered_at, summed.newest_time) as heard_at,
            publisher.registered_at <= as_of and coalesce(publisher.revoked_at > as_of, true) as is_in_force
        from entity_publisher publisher left join summed on summed.subject = publisher.subject
    )
    select coalesce(listed.subject, summed.subject), listed.name, listed.registered_at is not null,
        coalesce(listed.sources, summed.sources), listed.rhythm_minutes, summed.newest_time, summed.newest_stamp,
        coalesce(summed.events, 0), coalesce(summed.events_today, 0),
        case when broken.is_missed then listed.heard_at end, listed.revoked_at, coalesce(broken.is_missed, false)
    from listed full join summed on summed.subject = listed.subject
    cross join lateral (
        select listed.is_in_force and as_of - listed.heard_at > make_interval(mins => listed.rhythm_minutes::int)
            as is_missed
    ) broken
$$;

-- Every day of every publisher: how many events it sent, null where it sent nothing, and whether that is 漏报: by the
-- end of the day (or `as_of`) its last event, else its registration, lay further back than its rhythm allows.
create function publisher_days(first_day date, last_day date, as_of timestamptz) returns table (
    subject text, name text, day date, events bigint, newest_time timestamptz, silent_minutes bigint, is_missed boolean
)
language sql stable set search_path from current as $$
    with owned as (
        select publisher.subject, publisher.name, publisher.rhythm_minutes, publisher.registered_at,
            publisher.revoked_at, source.name collate "C" as source
        from entity_publisher publisher
        left join lateral jsonb_array_elements_text(publisher.sources) source (name) on true
        where publisher.registered_at is not null
    ), told as (
        select owned.subject, watermark.day, sum(watermark.events)::bigint as events,
            max(least(watermark.newest_time, as_of)) as newest_time
        from owned join watermark on watermark.source = owned.source
        where watermark.day <= last_day and (owned.revoked_at is null or watermark.newest_time < owned.revoked_at)
        group by 1, 2
    ), asked as (
        select publisher.subject, publisher.name, publisher.rhythm_minutes, publisher.registered_at, days.day::date as day,
            least(shanghai_midnight(days.day::date + 1), as_of, publisher.revoked_at) as until
        from (select distinct subject, name, rhythm_minutes, registered_at, revoked_at from owned) publisher
        cross join lateral generate_series(
            greatest(first_day, (publisher.registered_at at time zone 'Asia/Shanghai')::date)::timestamp,
            least(last_day, (least(as_of, publisher.revoked_at) at time zone 'Asia/Shanghai')::date)::timestamp,
            interval '1 day') days (day)
    )
    select asked.subject, asked.name, asked.day, told.events, told.newest_time,
        (extract(epoch from asked.until - before.heard_at) / 60)::bigint,
        coalesce(asked.until - before.heard_at > make_interval(mins => asked.rhythm_minutes::int), false)
    from asked
    left join told on told.subject = asked.subject and told.day = asked.day
    cross join lateral (
        select greatest(asked.registered_at, max(earlier.newest_time)) as heard_at
        from told earlier where earlier.subject = asked.subject and earlier.day <= asked.day
    ) before
$$;
