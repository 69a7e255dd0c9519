-- What grids or workers carry now: their open cases weighted by urgency, their open mediations, applications and
-- hazards by kind.
--
-- parameters  rule workload
-- held_by     grid (the place where an open item counts) or worker (the person who has it)
-- at_level    places are summed by the one of this level that holds them, today; others keep a row of their own
create function open_load(parameters jsonb, held_by text, at_level text default null)
returns table (
    holder text, open bigint, emergency bigint, urgent bigint, ordinary bigint, mediations bigint, applications bigint,
    hazards bigint, load numeric
)
language sql stable set search_path from current as $$
    with item (holder, emergency, urgent, ordinary, mediations, applications, hazards) as (
        select grid.place, grid.emergency, grid.urgent, grid.ordinary, 0, 0, 0
        from tally_grid_load grid where held_by = 'grid'
        union all
        select worker.person, worker.emergency, worker.urgent, worker.ordinary, 0, 0, 0
        from tally_worker_load worker where held_by = 'worker'
        union all
        select case held_by when 'grid' then mediation.place else mediation.mediator end, 0, 0, 0, 1, 0, 0
        from entity_mediation mediation
        where mediation.opened_at is not null and coalesce(mediation.settled_at, mediation.failed_at) is null
          and mediation.refused_at is null
        union all
        select case held_by when 'grid' then application.community else application.first_responsible end, 0, 0, 0, 0, 1, 0
        from entity_application application
        where application.filed_at is not null and application.decided_at is null
        union all
        select case held_by when 'grid' then hazard.place else hazard.responsible end, 0, 0, 0, 0, 0, 1
        from entity_hazard hazard
        where hazard.found_at is not null and hazard.fixed_at is null and hazard.verified_at is null
          and (held_by = 'grid' or hazard.responsible like 'person/%')
    ), held as (
        select coalesce(level.holder, item.holder) as holder, sum(item.emergency)::bigint as emergency,
            sum(item.urgent)::bigint as urgent, sum(item.ordinary)::bigint as ordinary,
            sum(item.mediations)::bigint as mediations, sum(item.applications)::bigint as applications,
            sum(item.hazards)::bigint as hazards
        from item
        left join place_at_level(at_level) level on at_level is not null and level.place = item.holder
        where item.holder is not null
        group by 1
    )
    select held.holder,
        held.emergency + held.urgent + held.ordinary + held.mediations + held.applications + held.hazards,
        held.emergency, held.urgent, held.ordinary, held.mediations, held.applications, held.hazards,
        held.emergency * (parameters -> 'load' ->> 'emergency')::numeric
        + held.urgent * (parameters -> 'load' ->> 'urgent')::numeric
        + held.ordinary * (parameters -> 'load' ->> 'ordinary')::numeric
        + held.mediations * (parameters -> 'load' ->> 'mediation')::numeric
        + held.applications * (parameters -> 'load' ->> 'application')::numeric
        + held.hazards * (parameters -> 'load' ->> 'hazard')::numeric as load
    from held
    order by load desc, held.holder
$$;
