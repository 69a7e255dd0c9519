-- What is never folded afresh: the event index, verdicts, generations and the vault.

create schema shanzhi;
create schema vault;

-- Which database this is: workers of two databases never share a consumer group.
create table shanzhi.installation (
    only_row boolean primary key default true check (only_row),
    id uuid not null default gen_random_uuid()
);
insert into shanzhi.installation default values;

-- Which event stands where; the lowest offset of an identity counts. One table a ledger partition.
create table shanzhi.event_index (
    partition smallint not null,
    ledger_offset bigint not null,
    identity uuid not null,           -- SHA-256 of source and id, first 128 bits
    content bytea not null,           -- SHA-256 of subject, type, time and data as sealed
    subject text collate "C" not null,
    unfolded boolean not null         -- type or version unknown to the worker that indexed it
) partition by list (partition);

do $$
begin
    for number in 0..11 loop
        execute format(
            'create table shanzhi.event_index_%s partition of shanzhi.event_index for values in (%s)',
            number, number);
        execute format('create unique index on shanzhi.event_index_%s (identity)', number);
    end loop;
end
$$;

-- Per partition: indexed + repeats + quarantined + gaps = next.
create table shanzhi.index_position (
    partition smallint primary key,
    topic_id text not null,
    next bigint not null,
    indexed bigint not null default 0,
    repeats bigint not null default 0,
    quarantined bigint not null default 0,
    gaps bigint not null default 0,
    last_hash text
);

-- Records of the ledger that are no events. The bytes stay in the ledger; a verdict is permanent.
create table shanzhi.quarantine (
    partition smallint not null,
    ledger_offset bigint not null,
    stamp timestamptz not null,
    reason text not null,
    detail text not null,
    primary key (partition, ledger_offset)
);

create table shanzhi.generation (
    name text primary key,
    fingerprint text not null,
    made_at timestamptz not null default now()
);
create index on shanzhi.generation (fingerprint);

-- The generation that readers see.
create table shanzhi.current (
    only_row boolean primary key default true check (only_row),
    generation text not null references shanzhi.generation (name),
    switched_at timestamptz not null default now()
);

-- Which master key this vault is of: the sealing of a known text under it. Rotation adds a row.
create table vault.master_key (
    id smallint primary key,
    proof bytea not null unique,
    made_at timestamptz not null default now()
);

-- Data keys of people and cases, wrapped by the master key. A destroyed key leaves its row as a tombstone.
create table vault.data_key (
    owner text collate "C" primary key,
    wrapped bytea,
    master_key_id smallint not null default 1 references vault.master_key (id),
    made_at timestamptz not null default now(),
    destroyed_at timestamptz
);
