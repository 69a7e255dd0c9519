-- Who may publish what, and the keys by which a publisher is known. Permanent: the ledger holds what was announced of
-- it, never a key. Written by `shanzhi publisher`, read by every way in.

create table shanzhi.publisher (
    id text collate "C" primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    name text not null,
    sources text[] not null check (cardinality(sources) between 1 and 100),
    types text[] not null default '{}',   -- exact, or all of a family: case.*; none: every type
    places text[] not null default '{}',  -- each with all below it; none: every place
    rate_per_second integer not null default 1000 check (rate_per_second between 1 and 100000),
    rhythm_minutes integer check (rhythm_minutes > 0),  -- at least one event in so many minutes
    revision integer not null default 1,
    announced_revision integer not null default 0 check (announced_revision <= revision),
    changed_at timestamptz not null,
    revoked_at timestamptz
);

-- A source that is in use belongs to one publisher: the identity of an event is its source and its id.
create table shanzhi.publisher_source (
    source text collate "C" primary key,
    publisher text collate "C" not null references shanzhi.publisher (id)
);
create index on shanzhi.publisher_source (publisher);

create table shanzhi.publisher_key (
    sha256 bytea primary key check (length(sha256) = 32),
    publisher text collate "C" not null references shanzhi.publisher (id),
    made_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    revoked boolean not null default false
);
create index on shanzhi.publisher_key (publisher);

-- Every revision as the event that announces it, word for word, so that a second announcement is a repeat.
create table shanzhi.publisher_revision (
    publisher text collate "C" not null references shanzhi.publisher (id),
    revision integer not null,
    event text not null,
    primary key (publisher, revision)
);
