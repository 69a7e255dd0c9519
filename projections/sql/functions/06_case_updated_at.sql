-- When a case last came further: the time of its newest step. Looks of the resident and clocks are no steps.
create function case_updated_at(one entity_case) returns timestamptz
language sql immutable as $$
    select greatest(
        one.discovered_at, one.refused_at, one.dispatched_at, one.accepted_at, one.whistle_requested_at, one.whistled_at,
        one.deliberated_at, one.handled_at, one.replied_at, one.reopen_requested_at, one.reopened_at, one.merged_at,
        one.supervised_at, one.escalated_at, one.withdrawn_at, one.closed_at,
        (select max((owed ->> 'reported_at')::timestamptz) from jsonb_array_elements(one.obligations) owed),
        (select max((rating ->> 'at')::timestamptz) from jsonb_array_elements(one.ratings) rating)
    )
$$;
