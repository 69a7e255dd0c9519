-- Whether a case is still to be settled. Word for word the condition of an index, so that open ones are found by it.
create function case_is_open(one entity_case) returns boolean
language sql immutable as $$
    select one.discovered_at is not null
        and coalesce(one.refused_at, one.handled_at, one.merged_at, one.withdrawn_at, one.closed_at) is null
$$;
-- Whether a case was handled by its due, from its last reopening on: see `is_in_time`.
create function case_is_in_time(one entity_case, as_of timestamptz) returns boolean
language sql stable as $$
    select is_in_time(one.handled_at, one.handle_due,
        case when one.reopened_at > one.discovered_at then one.reopened_at else one.discovered_at end,
        one.pauses, as_of, least(one.refused_at, one.merged_at, one.withdrawn_at, one.closed_at))
$$;
