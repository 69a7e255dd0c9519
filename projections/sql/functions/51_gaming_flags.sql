-- 刷分迹象: what deserves a look, from one day to another. Evidence, never a verdict: nothing is scored by it.
--
-- parameters  rule gaming
--
-- late_closing    handled in the last part of its clock, and reopened after
-- burst           one person reported and settled many cases within minutes
-- many_ratings    one person rated many cases in a calendar month (who told the rating, else who had reported the case)
-- merged_overdue  past its due and not handled when it was merged into another
-- same_photo      one photo in several cases
--
-- `at` is the moment that decides about the period: of handling, of the first case of the burst, the beginning of the
-- month, of merging, of the last of the cases with the photo.
create function gaming_flags(parameters jsonb, from_day date, to_day date)
returns table (flag text, at timestamptz, person text, place text, counted bigint, cases jsonb, evidence jsonb)
language sql stable set search_path from current as $$
    with period as (
        select shanghai_midnight(from_day) as starts, shanghai_midnight(to_day + 1) as ends
    ), late_closing as (
        select cases.first_handled_at as at, coalesce(cases.handled_by, cases.assignee) as person,
            coalesce(cases.grid, cases.place) as place, cases.subject, clock.due, clock.left_over, cases.reopened_at
        from entity_case cases
        cross join period
        cross join lateral (
            select cases.first_handle_due as due, cases.first_handle_due - (cases.first_handled_at
                - paused_time(cases.pauses, cases.discovered_at, cases.first_handled_at)) as left_over
        ) clock
        where cases.reopens > 0 and cases.first_handled_at >= period.starts and cases.first_handled_at < period.ends
          and cases.first_handle_due > cases.discovered_at
          and clock.left_over >= interval '0'
          and clock.left_over <= (cases.first_handle_due - cases.discovered_at)
              * (parameters ->> 'late_closing_percent')::double precision / 100
    ), own as (
        select cases.discovered_by as person, cases.subject, cases.discovered_at as at,
            coalesce(cases.grid, cases.place) as place
        from entity_case cases
        cross join period
        where cases.discovered_by like 'person/%' and cases.discovered_by in (cases.handled_by, cases.closed_by)
          and cases.discovered_at >= period.starts
          and cases.discovered_at < period.ends + make_interval(mins => (parameters ->> 'burst_minutes')::int)
    ), began as (  -- a case with which so many begin
        select own.*, count(*) over (
            partition by own.person order by own.at
            range between current row and '1 min'::interval * (parameters ->> 'burst_minutes')::int following
        ) as following
        from own
    ), burst as (
        select began.person, (began.at at time zone 'Asia/Shanghai')::date as day, min(began.at) as at,
            count(distinct own.subject) as counted, min(own.place) as place,
            jsonb_agg(distinct own.subject) as cases
        from began
        join own on own.person = began.person and own.at >= began.at
            and own.at <= began.at + make_interval(mins => (parameters ->> 'burst_minutes')::int)
        cross join period
        where began.following >= (parameters ->> 'burst_cases')::int and began.at < period.ends
        group by 1, 2
    ), rated as (
        select case when rating.authid like 'person/%' then rating.authid else cases.reporter end as person,
            cases.subject, coalesce(cases.grid, cases.place) as place,
            date_trunc('month', rating.at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai' as month
        from entity_case cases
        cross join period
        cross join lateral jsonb_to_recordset(cases.ratings) as rating (by text, at timestamptz, authid text)
        where cases.ratings <> '[]'
          and jsonb_path_exists(cases.ratings, '$[*].at ? (@ >= $since && @ < $until)', (
                select told_between(period.starts, period.ends) from period))
          and rating.by = 'resident' and rating.at >= period.starts and rating.at < period.ends
    ), many as (
        select rated.person, rated.month as at, count(distinct rated.subject) as counted, min(rated.place) as place,
            jsonb_agg(distinct rated.subject) as cases
        from rated where rated.person is not null
        group by rated.person, rated.month
        having count(distinct rated.subject) >= (parameters ->> 'ratings_in_month')::int
    ), merged as (
        select cases.merged_at as at, cases.assignee as person, coalesce(cases.grid, cases.place) as place, cases.subject,
            cases.merged_into, cases.handle_due
        from entity_case cases
        cross join period
        where cases.merged_at >= period.starts and cases.merged_at < period.ends and cases.handled_at is null
          and is_in_time(cases.merged_at, cases.handle_due,
                case when cases.reopened_at > cases.discovered_at then cases.reopened_at else cases.discovered_at end,
                cases.pauses, cases.merged_at, null) is false
    ), photo as (
        select shown.fingerprint, max(cases.discovered_at) as at, count(distinct cases.subject) as counted,
            min(coalesce(cases.grid, cases.place)) as place, jsonb_agg(distinct cases.subject) as cases
        from entity_case cases
        cross join lateral jsonb_array_elements_text(cases.fingerprints) shown (fingerprint)
        where cases.fingerprints <> '[]'
        group by shown.fingerprint
        having count(distinct cases.subject) >= (parameters ->> 'photo_cases')::int
    )
    select 'late_closing', late_closing.at, late_closing.person, late_closing.place, 1::bigint,
        jsonb_build_array(late_closing.subject),
        jsonb_build_object('due', late_closing.due, 'reopened_at', late_closing.reopened_at,
            'minutes_left', floor(extract(epoch from late_closing.left_over) / 60)::bigint)
    from late_closing
    union all
    select 'burst', burst.at, burst.person, burst.place, burst.counted, burst.cases, '{}' from burst
    union all
    select 'many_ratings', many.at, many.person, many.place, many.counted, many.cases, '{}' from many
    union all
    select 'merged_overdue', merged.at, merged.person, merged.place, 1, jsonb_build_array(merged.subject),
        jsonb_build_object('into', merged.merged_into, 'due', merged.handle_due)
    from merged
    union all
    select 'same_photo', photo.at, null, photo.place, photo.counted, photo.cases,
        jsonb_build_object('fingerprint', photo.fingerprint)
    from photo cross join period where photo.at >= period.starts and photo.at < period.ends
    order by 1, 2, 3, 6
$$;
