-- The steps of the cases that came through Open311, the oldest first; of a step taken more than once, the last.
select cases.subject, taken.step, taken.is_open, taken.at
from entity_case cases
cross join lateral (values
    (cases.discovered_at, 'discovered', true, 1),
    (cases.dispatched_at, 'dispatched', true, 2),
    (cases.accepted_at, 'accepted', true, 3),
    (cases.whistled_at, 'whistled', true, 4),
    (cases.deliberated_at, 'deliberated', true, 5),
    (cases.reopened_at, 'reopened', true, 6),
    (cases.handled_at, 'handled', false, 7),
    (cases.replied_at, 'replied', false, 8),
    (cases.closed_at, 'closed', false, 9),
    (cases.refused_at, 'refused', false, 10),
    (cases.merged_at, 'merged', false, 11),
    (cases.withdrawn_at, 'withdrawn', false, 12)
) taken (at, step, is_open, number)
where cases.channel = 'open311' and cases.discovered_at is not null and taken.at >= %(since)s and taken.at < %(until)s
order by taken.at, cases.subject, taken.number
limit %(rows)s
