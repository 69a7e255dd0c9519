-- Whether something was done by its due, paused time not counted. Null where there is nothing to judge:
-- no due, still running, or the matter went away before the due. Judged by comparing times alone. (Stable, as what it
-- takes from a time is: PostgreSQL then puts it into the query in place of a call.)
create function is_in_time(
    done_at timestamptz, due timestamptz, began timestamptz, pauses jsonb, as_of timestamptz, lapsed_at timestamptz
) returns boolean
language sql stable as $$
    select case
        when due is null then null
        when done_at <= due then true
        when done_at is not null and pauses = '[]' then false
        when done_at is not null then done_at - paused_time(pauses, began, done_at) <= due
        when least(lapsed_at, as_of) <= due then null
        when pauses = '[]' then false
        when least(lapsed_at, as_of) - paused_time(pauses, began, least(lapsed_at, as_of)) <= due then null
        else false
    end
$$;
