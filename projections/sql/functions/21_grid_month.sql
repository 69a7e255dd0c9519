-- A grid's months: operation, duty and staff, of the cases that were discovered from one month to another.
--
-- parameters  rule workload
-- as_of       what is not yet due at this time is neither in time nor late
--
-- A term with nothing to measure gives its weight to the others of its part, a part without any to the other
-- parts. `terms` lists each with numerator and denominator; `measured` is how much of 100 was measured.
create function grid_month(
    parameters jsonb, month_from date, month_to date, as_of timestamptz, root text default null
) returns table (
    place text, cases bigint, terms jsonb,
    operation numeric, duty numeric, staff numeric, measured numeric, score numeric
)
language sql stable set search_path from current as $$
    with judged as materialized (  -- else each expression is computed once for each use
        select coalesce(cases.grid, cases.place) as at_place,
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
        where cases.discovered_at >= shanghai_midnight(month_from)
          and cases.discovered_at < shanghai_midnight((month_to + interval '1 month')::date)
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
    ), term as (
        select counted.at_place, counted.cases, listed.*,
            (parameters -> listed.part ->> listed.name)::numeric as weight,
            listed.numerator / nullif(listed.denominator, 0) as share
        from counted
        cross join lateral (values
            (1, 'operation', 'in_time', counted.in_time::numeric, counted.in_time_of::numeric),
            (2, 'operation', 'solved_in_grid', counted.solved, counted.solved_of),
            (3, 'operation', 'satisfaction', coalesce(counted.operation_worth, 0), counted.operation_of),
            (4, 'duty', 'patrols', 0, 0),  -- families patrol and visit come later
            (5, 'duty', 'visits', 0, 0),
            (6, 'staff', 'sign_in', counted.signed_in, counted.signed_in_of),
            (7, 'staff', 'rating', coalesce(counted.staff_worth, 0), counted.staff_of)
        ) listed (number, part, name, numerator, denominator)
    ), part as (
        select term.at_place, term.part, (parameters -> 'month' ->> term.part)::numeric as weight,
            sum(term.weight * term.share) / nullif(sum(term.weight) filter (where term.share is not null), 0) as share,
            coalesce(sum(term.weight) filter (where term.share is not null), 0) as measured
        from term group by term.at_place, term.part
    ), scored as (
        select part.at_place,
            round(100 * max(part.share) filter (where part.part = 'operation'), 2) as operation,
            round(100 * max(part.share) filter (where part.part = 'duty'), 2) as duty,
            round(100 * max(part.share) filter (where part.part = 'staff'), 2) as staff,
            round(sum(part.weight * part.measured) / 100, 2) as measured,
            round(100 * sum(part.weight * part.share)
                / nullif(sum(part.weight) filter (where part.share is not null), 0), 2) as score
        from part group by part.at_place
    ), told as (
        select term.at_place, max(term.cases) as cases, jsonb_agg(jsonb_build_object(
            'part', term.part, 'term', term.name,
            'numerator', term.numerator, 'denominator', term.denominator,
            'is_measured', term.share is not null, 'weight', term.weight, 'share', round(term.share, 6)
        ) order by term.number) as terms
        from term group by term.at_place
    )
    select told.at_place, told.cases, told.terms,
        scored.operation, scored.duty, scored.staff, scored.measured, scored.score
    from told join scored using (at_place)
    order by told.at_place
$$;
