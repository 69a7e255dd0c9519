-- Which days are worked.
create function read_v1_calendar() returns table (day date, is_working boolean, note text)
language sql stable set search_path from current as $$
    select one.day, one.is_working, one.note from shanzhi.calendar_day one order by one.day
$$;
comment on function read_v1_calendar() is '工作日历：每天一行，含节假日与调休
day 日期
is_working 是否工作日
note 节日或调休说明';
