-- Which days are worked, for the years that were loaded; and a clock that stands until somebody moves it.

-- Every day of a loaded year. Years that ship are loaded by the first process that misses them.
create table shanzhi.calendar_day (
    day date primary key,
    is_working boolean not null,
    note text                            -- the holiday that it belongs to, or is worked for
);

-- Embedded servers only: a row here means that the ledger is stamped with this time, and not the broker's.
create table shanzhi.injected_time (
    only_row boolean primary key default true check (only_row),
    time timestamptz not null,
    moved_at timestamptz not null default clock_timestamp()
);
