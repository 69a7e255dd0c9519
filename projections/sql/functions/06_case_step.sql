-- How far a case has come, in one word: the last of its seven steps, or how it ended.
create function case_step(one entity_case) returns text
language sql immutable as $$
    select case
        when one.discovered_at is null then 'unknown'
        when one.refused_at is not null then 'refused'
        when one.withdrawn_at is not null then 'withdrawn'
        when one.merged_at is not null then 'merged'
        when one.closed_at is not null then 'closed'
        when one.handled_at is not null and one.ratings <> '[]' then 'rated'
        when one.handled_at is not null and one.replied_at is not null then 'replied'
        when one.handled_at is not null then 'handled'
        when one.reopens > 0 then 'reopened'
        when one.deliberated_at is not null then 'deliberated'
        when jsonb_path_exists(one.obligations, '$[*].reported_at ? (@ <> null)') then 'reported'
        when one.whistled_at is not null then 'whistled'
        when one.accepted_at is not null then 'accepted'
        when one.dispatched_at is not null then 'dispatched'
        else 'discovered'
    end
$$;
