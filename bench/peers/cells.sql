-- The cells of the workload as our tables hold them, a row a grid or unit. All but `overdue` are sums that are kept;
-- whether something was in time is judged when it is read, from the times that the case keeps.
with counted as (
    select place, sum(discovered) as discovered, sum(whistled) as whistled, sum(handled) as handled,
        sum(replied) as replied, sum(rated) as rated, sum(satisfied) as satisfied
    from generation.tally_case_day group by place
), resolved as (
    select place, sum(resolved) as resolved from generation.tally_case_kind group by place
), overdue as (
    select place, count(*) as overdue
    from generation.entity_case
    cross join lateral jsonb_to_recordset(obligations) as owed (handled_at timestamptz, handle_due timestamptz)
    where owed.handled_at > owed.handle_due
    group by place
)
select place as key, discovered::bigint, whistled::bigint, handled::bigint, resolved::bigint, overdue::bigint,
    replied::bigint, rated::bigint, satisfied::bigint, open::bigint, null::bigint as called, null::bigint as reported
from counted
left join resolved using (place)
left join overdue using (place)
left join generation.tally_grid_load using (place)
union all
select unit, null, null, sum(handled)::bigint, sum(resolved)::bigint, null, null, null, null, null,
    sum(called)::bigint, sum(reported)::bigint
from generation.tally_unit_day
group by unit
