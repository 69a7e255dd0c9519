-- The figures of closed periods as they were published, with the event that says so. Written before the event is sent:
-- where nobody knows whether it arrived, the same event is sent again.
create table shanzhi.closing (
    event_id uuid primary key,
    identity uuid not null,            -- of the event, as the index has it
    subject text collate "C" not null,
    event jsonb not null,              -- as submitted
    figures bytea not null,            -- canonical JSON; the event has its SHA-256
    made_at timestamptz not null default clock_timestamp()
);
create index on shanzhi.closing (subject);
