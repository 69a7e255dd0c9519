-- When something is due once pauses are counted in: the last moment that `is_in_time` holds for. A pause that began
-- before the due ran out moves it on; null where one of these has no end. Equal to `projections.rules.due`.
create function due_with_pauses(due timestamptz, began timestamptz, pauses jsonb) returns timestamptz
language sql immutable as $$
    select case
        when bool_or(upper_inf(span)) then null
        else due + coalesce(sum(upper(span) - lower(span)), interval '0')
    end
    from (
        select span, sum(upper(span) - lower(span)) over (
            order by lower(span) rows between unbounded preceding and 1 preceding
        ) as stood_still
        from (
            select unnest(range_agg(tstzrange(paused_since, paused_until))) as span
            from (
                select greatest((pause ->> 'since')::timestamptz, began) as paused_since,
                       (pause ->> 'until')::timestamptz as paused_until
                from jsonb_array_elements(pauses) pause
            ) bounded
            where paused_until is null or paused_since < paused_until
        ) spans
    ) in_order
    where lower(span) <= due + coalesce(stood_still, interval '0')
$$;
