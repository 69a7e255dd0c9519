-- The months that monthly views tell of: thirteen in a row at most, since each is computed when it is asked for. They
-- end with the latest one in which anything was told, or begin where `read_v1.since` says ('2023-05-01').
create function contract_months() returns table (month date, last_day date)
language sql stable set search_path from current as $$
    with told as (
        select date_trunc('month', min(watermark.day)::timestamp)::date as first,
            date_trunc('month', max(watermark.day)::timestamp)::date as last
        from watermark where watermark.day <= (contract_now() at time zone 'Asia/Shanghai')::date
    ), asked as (
        select date_trunc('month', nullif(current_setting('read_v1.since', true), '')::timestamp)::date as since
    )
    select month::date, (month + interval '1 month')::date - 1
    from told cross join asked
    cross join lateral generate_series(
        greatest(told.first, coalesce(asked.since, (told.last - interval '12 months')::date))::timestamp,
        least(told.last, asked.since + interval '12 months')::timestamp, interval '1 month') month
$$;
