-- 接诉即办三率: response, resolution and satisfaction of the call-back windows from one day to another.
--
-- parameters  rule three_rates
-- root        only cases of this place and all below it (by the grid of the last dispatch, else the place)
-- at_level    one row for each place of this level; what lies above it or is unknown keeps a row of its own
--
-- A case counts once in each window, by its last valid call-back there. Every place has four rows: with and
-- without excluded cases, with and without ratings that are disputed and not yet ruled. A rating whose dispute
-- was upheld counts in none. Without a valid call-back rates and score are null.
create function three_rates(
    parameters jsonb, from_day date, to_day date, root text default null, at_level text default null
)
returns table (
    place text, is_overall boolean, with_excluded boolean, with_disputed boolean,
    called bigint, valid bigint, contacted bigint, resolved bigint,
    satisfied bigint, fairly bigint, dissatisfied bigint,
    response numeric, resolution numeric, satisfaction numeric, score numeric
)
language sql stable set search_path from current as $$
    with answer as (
        select cases.subject, coalesce(cases.grid, cases.place) as at_place,
            cases.excluded_at is not null as is_excluded, cases.disputes, given.at, given.number, windows.day,
            coalesce(given.reached and given.contacted is not null and given.resolved is not null
                     and given.satisfaction is not null, false) as is_valid,
            given.contacted, given.resolved, given.satisfaction
        from entity_case cases
        cross join lateral rows from (
            jsonb_to_recordset(cases.ratings) as (
                by text, at timestamptz, reached boolean, contacted boolean, resolved boolean, satisfaction text
            )
        ) with ordinality as given (by, at, reached, contacted, resolved, satisfaction, number)
        cross join lateral (
            select (given.at at time zone 'Asia/Shanghai'
                    - make_interval(mins => (parameters ->> 'window_closes_minute')::int))::date + 1 as day
        ) windows
        where cases.ratings <> '[]' and parameters -> 'rated_by' ? given.by
          and jsonb_path_exists(cases.ratings, '$[*].at ? (@ >= $since && @ < $until)', (
                select told_between(shanghai_midnight(from_day - 2), shanghai_midnight(to_day + 2))))
    ), followed as (
        select answer.*, lead(answer.at) over (
            partition by answer.subject, answer.is_valid order by answer.at, answer.number
        ) as next_at
        from answer
    ), counted as (  -- one a case and window
        select distinct on (followed.subject, followed.day) followed.*
        from followed
        where followed.day between from_day and to_day
        order by followed.subject, followed.day, followed.is_valid desc, followed.at desc, followed.number desc
    ), judged as (  -- a dispute is about the last valid answer before it
        select counted.*, coalesce(ruling.is_open, false) as is_disputed,
            coalesce(ruling.is_upheld, false) as is_struck
        from counted
        left join lateral (
            select bool_or(dispute ->> 'upheld' is null) as is_open,
                bool_or((dispute ->> 'upheld')::boolean) as is_upheld
            from jsonb_array_elements(counted.disputes) dispute
            where dispute ->> 'about' = 'rating'
              and (dispute ->> 'at')::timestamptz >= counted.at
              and (counted.next_at is null or (dispute ->> 'at')::timestamptz < counted.next_at)
        ) ruling on counted.disputes <> '[]'
    ), held as (
        select judged.*,
            case when at_level is null then judged.at_place else coalesce(level.holder, judged.at_place) end as holder
        from judged left join place_at_level(at_level) level on level.place = judged.at_place
        where root is null or judged.at_place in (select below.place from place_subtree(root) below)
    ), variant as (
        select excluded.is_in as with_excluded, disputed.is_in as with_disputed
        from (values (false), (true)) excluded (is_in), (values (false), (true)) disputed (is_in)
    ), counts as (
        select held.holder, grouping(held.holder) = 1 as is_overall, variant.with_excluded, variant.with_disputed,
            count(held.subject) filter (where admitted) as called,
            count(*) filter (where admitted and valid_now) as valid,
            count(*) filter (where admitted and valid_now and held.contacted) as contacted,
            count(*) filter (where admitted and valid_now and held.resolved) as resolved,
            count(*) filter (where admitted and valid_now and held.satisfaction = 'satisfied') as satisfied,
            count(*) filter (where admitted and valid_now and held.satisfaction = 'fairly') as fairly,
            count(*) filter (where admitted and valid_now and held.satisfaction = 'dissatisfied')
                as dissatisfied
        from variant left join held on true
        cross join lateral (
            select variant.with_excluded or not held.is_excluded as admitted,
                held.is_valid and not held.is_struck and (variant.with_disputed or not held.is_disputed) as valid_now
        ) flags
        group by grouping sets (
            (held.holder, variant.with_excluded, variant.with_disputed), (variant.with_excluded, variant.with_disputed)
        )
        having grouping(held.holder) = 1 or count(held.subject) > 0
    ), rates as (
        select counts.*,
            counts.contacted::numeric / nullif(counts.valid, 0) as response,
            counts.resolved::numeric / nullif(counts.valid, 0) as resolution,
            (counts.satisfied + (parameters ->> 'fairly_worth')::numeric * counts.fairly) / nullif(counts.valid, 0)
                as satisfaction
        from counts
    )
    select rates.holder, rates.is_overall, rates.with_excluded, rates.with_disputed,
        rates.called, rates.valid, rates.contacted, rates.resolved, rates.satisfied, rates.fairly, rates.dissatisfied,
        round(rates.response, 6), round(rates.resolution, 6), round(rates.satisfaction, 6),
        round((parameters ->> 'response_weight')::numeric * rates.response
            + (parameters ->> 'resolution_weight')::numeric * rates.resolution
            + (parameters ->> 'satisfaction_weight')::numeric * rates.satisfaction, 2)
    from rates
    order by rates.is_overall desc, rates.holder, rates.with_excluded, rates.with_disputed
$$;
