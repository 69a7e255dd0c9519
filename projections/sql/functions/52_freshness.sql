-- The time of the newest event, and how many publishers broke their rhythm: what every board says of itself.
--
-- As `publisher_freshness` says it, but of each source only its newest day is looked at, whatever the history.
create function freshness(as_of timestamptz) returns table (newest_time timestamptz, missed_publishers bigint)
language sql stable set search_path from current as $$
    with recursive told_by (partition, source) as (  -- from one key to the next: there are few
        (select partition, source from watermark order by partition, source limit 1)
        union all
        select following.partition, following.source
        from told_by
        cross join lateral (
            select one.partition, one.source from watermark one
            where (one.partition, one.source) > (told_by.partition, told_by.source)
            order by one.partition, one.source limit 1
        ) following
    ), heard as materialized (
        select told_by.source, max(least(newest.newest_time, as_of)) as newest_time
        from told_by
        cross join lateral (
            select one.newest_time from watermark one
            where one.partition = told_by.partition and one.source = told_by.source
              and one.day <= (as_of at time zone 'Asia/Shanghai')::date
            order by one.day desc limit 1
        ) newest
        group by told_by.source
    ), owned as (
        select distinct on (source) publisher.subject, source.name collate "C" as source
        from entity_publisher publisher, jsonb_array_elements_text(publisher.sources) source (name)
        order by source, publisher.revoked_at desc nulls first, publisher.subject  -- who has it now, or had it last
    ), last as (
        select owned.subject, max(heard.newest_time) as newest_time
        from owned join heard on heard.source = owned.source
        group by owned.subject
    )
    select (select max(heard.newest_time) from heard), count(*)
    from entity_publisher publisher
    left join last on last.subject = publisher.subject
    where publisher.registered_at <= as_of and coalesce(publisher.revoked_at > as_of, true)
      and as_of - greatest(publisher.registered_at, last.newest_time) > make_interval(mins => publisher.rhythm_minutes::int)
$$;
