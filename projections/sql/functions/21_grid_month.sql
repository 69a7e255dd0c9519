-- The months of grids, or of places of a higher level: operation, duty and staff, of the cases that were discovered
-- from one month to another and the patrols and visits that began in them.
--
-- parameters  rule workload
-- as_of       what is not yet due at this time is neither in time nor late
-- at_level    cases and grids count for the place of this level that holds them, today; others keep a row of their own
--
-- A term with nothing to measure gives its weight to the others of its part, a part without any to the other
-- parts. `terms` lists each with numerator and denominator; `measured` is how much of 100 was measured. Patrols and
-- visits count for a grid up to its target: those there or below, and patrols of the building or estate it lies in.
-- The bonus of a month, for the hazards found there or below that were verified, stands apart; other levels have the
-- mean of their grids, several months their mean.
create function grid_month(
    parameters jsonb, month_from date, month_to date, as_of timestamptz, root text default null,
    at_level text default 'grid'
) returns table (
    place text, cases bigint, terms jsonb,
    operation numeric, duty numeric, staff numeric, measured numeric, score numeric, bonus numeric
)
language sql stable set search_path from current as $$
    with period as (
        select shanghai_midnight(month_from) as starts,
            shanghai_midnight((month_to + interval '1 month')::date) as ends,
            (month_to + interval '1 month')::date - 1 as last_day,
            (extract(year from age(month_to, month_from)) * 12 + extract(month from age(month_to, month_from)) + 1)::int
                as months
    ), level as materialized (
        select * from place_at_level(at_level)
    ), of_grid as materialized (
        select * from place_at_level('grid')
    ), judged as materialized (  -- else each expression is computed once for each use
        select coalesce(level.holder, cases.grid, cases.place) as at_place,
            is_in_time(cases.handled_at, cases.handle_due,
                case when cases.reopened_at > cases.discovered_at then cases.reopened_at else cases.discovered_at end,
                cases.pauses, as_of,
                least(cases.refused_at, cases.merged_at, cases.withdrawn_at, cases.closed_at)) as is_handled_in_time,
            cases.handled_at is not null as is_handled,
            coalesce(cases.handled_at is not null and cases.resolved and cases.whistled_at is null, false)
                as is_solved_in_grid,
            is_in_time(cases.accepted_at, cases.sign_in_due, cases.dispatched_at, cases.pauses, as_of,
                least(cases.refused_at, cases.merged_at, cases.withdrawn_at, cases.closed_at)) as is_signed_in_time,
            case when cases.excluded_at is null and cases.ratings <> '[]' then worth(
                last_answer(cases.ratings, parameters -> 'operation_rated_by') ->> 'satisfaction',
                parameters -> 'fairly_worth') end as operation_worth,
            case when cases.excluded_at is null and cases.ratings <> '[]' then worth(
                last_answer(cases.ratings, parameters -> 'staff_rated_by') ->> 'satisfaction',
                parameters -> 'fairly_worth') end as staff_worth
        from entity_case cases
        left join level on level.place = coalesce(cases.grid, cases.place)
        where cases.discovered_at >= (select period.starts from period)
          and cases.discovered_at < (select period.ends from period)
          and (root is null
               or coalesce(cases.grid, cases.place) in (select below.place from place_subtree(root) below))
    ), counted as (
        select at_place, count(*) as cases,
            count(*) filter (where is_handled_in_time) as in_time, count(is_handled_in_time) as in_time_of,
            count(*) filter (where is_solved_in_grid) as solved, count(*) filter (where is_handled) as solved_of,
            sum(operation_worth) as operation_worth, count(operation_worth) as operation_of,
            count(*) filter (where is_signed_in_time) as signed_in, count(is_signed_in_time) as signed_in_of,
            sum(staff_worth) as staff_worth, count(staff_worth) as staff_of
        from judged
        where at_place is not null
        group by at_place
    ), grid as (
        select place.subject as grid, coalesce(level.holder, place.subject) as at_place,
            period.months * (parameters -> 'targets' ->> 'patrols')::numeric as patrols_target,
            period.months * (parameters -> 'targets' ->> 'visits')::numeric as visits_target
        from entity_place place
        cross join period
        left join level on level.place = place.subject
        where place.level = 'grid' and place.registered_at < period.ends
          and (place.closed_at is null or place.closed_at >= period.starts)
          and (root is null or place.subject in (select below.place from place_subtree(root) below))
    ), seen as (  -- which places a grid's patrols may be told of: first what holds it, then itself and what is below
        select above.place as grid, above.holder as place, true as is_above
        from (select * from place_at_level('estate') union select * from place_at_level('building')) above
        where above.place <> above.holder
        union
        select below.holder, below.place, false from of_grid below
    ), paid as (
        select seen.grid, sum(told.patrols) as patrols, sum(told.visits) filter (where not seen.is_above) as visits
        from seen
        join (
            select patrol.place, patrol.patrols, 0 as visits, patrol.day from tally_patrol_day patrol
            union all
            select visit.place, 0, visit.visits, visit.day from tally_visit_day visit where visit.kind = 'household'
        ) told on told.place = seen.place
        cross join period
        where told.day between month_from and period.last_day
        group by seen.grid
    ), proven as (
        select below.holder as grid, sum(told.verified) as hazards
        from of_grid below
        join tally_hazard_day told on told.place = below.place
        cross join period
        where told.day between month_from and period.last_day
        group by below.holder
    ), duty as (
        select grid.at_place, sum(least(coalesce(paid.patrols, 0), grid.patrols_target)) as patrols,
            sum(grid.patrols_target) as patrols_of,
            sum(least(coalesce(paid.visits, 0), grid.visits_target)) as visits, sum(grid.visits_target) as visits_of,
            round(avg(least(
                coalesce(proven.hazards, 0) * (parameters -> 'bonus' ->> 'hazard')::numeric / period.months,
                (parameters -> 'bonus' ->> 'at_most')::numeric)), 2) as bonus
        from grid
        cross join period
        left join paid on paid.grid = grid.grid
        left join proven on proven.grid = grid.grid
        group by grid.at_place
    ), listed as (
        select coalesce(counted.at_place, duty.at_place) as place, coalesce(counted.cases, 0) as cases_of, counted.*,
            duty.patrols, duty.patrols_of, duty.visits, duty.visits_of, duty.bonus
        from counted full join duty on duty.at_place = counted.at_place
    ), term as (
        select listed.place, listed.cases_of, listed.bonus, line.*,
            (parameters -> line.part ->> line.name)::numeric as weight,
            line.numerator / nullif(line.denominator, 0) as share
        from listed
        cross join lateral (values
            (1, 'operation', 'in_time', coalesce(listed.in_time, 0)::numeric, coalesce(listed.in_time_of, 0)::numeric),
            (2, 'operation', 'solved_in_grid', coalesce(listed.solved, 0), coalesce(listed.solved_of, 0)),
            (3, 'operation', 'satisfaction', coalesce(listed.operation_worth, 0), coalesce(listed.operation_of, 0)),
            (4, 'duty', 'patrols', coalesce(listed.patrols, 0), coalesce(listed.patrols_of, 0)),
            (5, 'duty', 'visits', coalesce(listed.visits, 0), coalesce(listed.visits_of, 0)),
            (6, 'staff', 'sign_in', coalesce(listed.signed_in, 0), coalesce(listed.signed_in_of, 0)),
            (7, 'staff', 'rating', coalesce(listed.staff_worth, 0), coalesce(listed.staff_of, 0))
        ) line (number, part, name, numerator, denominator)
    ), part as (
        select term.place, term.part, (parameters -> 'month' ->> term.part)::numeric as weight,
            sum(term.weight * term.share) / nullif(sum(term.weight) filter (where term.share is not null), 0) as share,
            coalesce(sum(term.weight) filter (where term.share is not null), 0) as measured
        from term group by term.place, term.part
    ), scored as (
        select part.place,
            round(100 * max(part.share) filter (where part.part = 'operation'), 2) as operation,
            round(100 * max(part.share) filter (where part.part = 'duty'), 2) as duty,
            round(100 * max(part.share) filter (where part.part = 'staff'), 2) as staff,
            round(sum(part.weight * part.measured) / 100, 2) as measured,
            round(100 * sum(part.weight * part.share)
                / nullif(sum(part.weight) filter (where part.share is not null), 0), 2) as score
        from part group by part.place
    ), told as (
        select term.place, max(term.cases_of) as cases, max(term.bonus) as bonus, jsonb_agg(jsonb_build_object(
            'part', term.part, 'term', term.name,
            'numerator', term.numerator, 'denominator', term.denominator,
            'is_measured', term.share is not null, 'weight', term.weight, 'share', round(term.share, 6)
        ) order by term.number) as terms
        from term group by term.place
    )
    select told.place, told.cases, told.terms,
        scored.operation, scored.duty, scored.staff, scored.measured, scored.score, told.bonus
    from told join scored using (place)
    order by told.place
$$;
