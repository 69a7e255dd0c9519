-- When a day begins. Days are those of Asia/Shanghai always.
create function shanghai_midnight(day date) returns timestamptz
language sql immutable as $$
    select day::timestamp at time zone 'Asia/Shanghai'
$$;
