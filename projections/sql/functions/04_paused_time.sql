-- How long a case stood still between two moments; pauses that overlap count once, one without an end lasts.
create function paused_time(pauses jsonb, since timestamptz, until timestamptz) returns interval
language sql immutable as $$
    select coalesce(sum(upper(span) - lower(span)), interval '0')
    from (
        select unnest(range_agg(tstzrange(paused_since, paused_until))) as span
        from (
            select greatest((pause ->> 'since')::timestamptz, since) as paused_since,
                   least(coalesce((pause ->> 'until')::timestamptz, until), until) as paused_until
            from jsonb_array_elements(pauses) pause
        ) bounded
        where paused_since < paused_until
    ) spans
$$;
