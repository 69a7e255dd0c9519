-- What grids or workers carry now: their open cases, weighted by urgency.
--
-- parameters  rule workload
-- held_by     grid (the place where an open case counts) or worker (the person whom it was dispatched to)
create function open_load(parameters jsonb, held_by text)
returns table (holder text, open bigint, emergency bigint, urgent bigint, ordinary bigint, load numeric)
language sql stable set search_path from current as $$
    select held.holder, held.open, held.emergency, held.urgent, held.ordinary,
        held.emergency * (parameters -> 'load' ->> 'emergency')::numeric
        + held.urgent * (parameters -> 'load' ->> 'urgent')::numeric
        + held.ordinary * (parameters -> 'load' ->> 'ordinary')::numeric as load
    from (
        select grid.place, grid.open, grid.emergency, grid.urgent, grid.ordinary
        from tally_grid_load grid where held_by = 'grid'
        union all
        select worker.person, worker.open, worker.emergency, worker.urgent, worker.ordinary
        from tally_worker_load worker where held_by = 'worker'
    ) held (holder, open, emergency, urgent, ordinary)
    order by load desc, held.holder
$$;
