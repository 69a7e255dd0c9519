-- When the n-th working day after a moment's day ends, in Asia/Shanghai; 0 is the day itself, or the first working day
-- after it. Null where that reaches into a year that no calendar was loaded for. Equal to `projections.rules.calendar`.
create function working_days_after(moment timestamptz, days integer) returns timestamptz
language sql stable set search_path from current as $$
    select shanghai_midnight(due.day + 1)
    from (select (moment at time zone 'Asia/Shanghai')::date - (days = 0)::integer as day) since,
        lateral (
            select worked.day from shanzhi.calendar_day worked
            where worked.is_working and worked.day > since.day
            order by worked.day offset greatest(days, 1) - 1 limit 1
        ) due
    where (
        select count(*) from shanzhi.calendar_day known where known.day > since.day and known.day <= due.day
    ) = due.day - since.day
$$;
