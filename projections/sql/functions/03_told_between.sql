-- From one moment to before another, as states tell times in their lists: the variables of a jsonpath like
-- '$[*].at ? (@ >= $since && @ < $until)', which passes over an entity faster than its list is taken apart. Whole
-- seconds: times of a fraction of one sort rightly against these.
create function told_between(since timestamptz, until timestamptz) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'since', to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
        'until', to_char(until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'))
$$;
