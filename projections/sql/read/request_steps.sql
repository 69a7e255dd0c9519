-- The steps of the cases that came through Open311, the oldest first; of a step taken more than once, the last.
select cases.subject, taken.step, taken.is_open, taken.at, cases.resolved, cases.merged_into
from entity_case cases
cross join lateral (values
    (cases.discovered_at, 'discovered', true, 1),
    (cases.dispatched_at, 'dispatched', true, 2),
    (cases.accepted_at, 'accepted', true, 3),
    (cases.whistled_at, 'whistled', true, 4),
    ((select max((owed ->> 'reported_at')::timestamptz) from jsonb_array_elements(cases.obligations) owed),
        'reported', true, 5),
    (cases.deliberated_at, 'deliberated', true, 6),
    (cases.reopened_at, 'reopened', true, 7),
    (cases.handled_at, 'handled', false, 8),
    (cases.replied_at, 'replied', false, 9),
    ((select max((rating ->> 'at')::timestamptz) from jsonb_array_elements(cases.ratings) rating), 'rated', false, 10),
    (cases.closed_at, 'closed', false, 11),
    (cases.refused_at, 'refused', false, 12),
    (cases.merged_at, 'merged', false, 13),
    (cases.withdrawn_at, 'withdrawn', false, 14)
) taken (at, step, is_open, number)
where cases.channel = 'open311' and cases.discovered_at is not null and taken.at >= %(since)s and taken.at < %(until)s
order by taken.at, cases.subject, taken.number
limit %(rows)s
