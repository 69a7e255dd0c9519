-- What follows from records: requests to the decider, how far records were asked, and what we publish ourselves.
-- Permanent and outside generations: a rebuild or a second generation never asks or publishes twice.

-- What a record asked for (`react`), once: the id is made of cause, kind and key.
create table shanzhi.request (
    id uuid primary key,
    kind text not null,
    key text collate "C" not null,
    subject text collate "C" not null,
    cause_id text not null,
    cause_source text not null,
    time timestamptz not null,        -- of the record that asks
    stamp timestamptz not null,
    partition smallint not null,
    ledger_offset bigint not null,
    details jsonb not null,
    decided_at timestamptz,
    outcome text
);
create index on shanzhi.request (stamp, partition, ledger_offset) where decided_at is null;

-- Records below this offset were asked, or stood in the ledger before anybody asked: those are never asked.
create table shanzhi.reacted (
    partition smallint primary key,
    next bigint not null
);
insert into shanzhi.reacted (partition, next) select partition, next from shanzhi.index_position;

-- Events that the decider and the clock have decided on, in their final bytes, until the relay has published them.
create table shanzhi.outbox (
    source text collate "C" not null,
    id text collate "C" not null,
    number bigint generated always as identity,
    subject text collate "C" not null,
    value bytea not null,
    depth smallint not null check (depth between 0 and 16),  -- events of ours that led to it, one causing the next
    made_at timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    partition smallint,
    ledger_offset bigint,
    primary key (source, id)
);
create index on shanzhi.outbox (number) where published_at is null;

-- Where the records of a stream stand: for corrections, which fold it afresh. Streams have few records each, so a
-- deduplicated B-tree takes a tenth of what the identities take; it costs a batch 1 µs an event (measured).
create index on shanzhi.event_index (subject);
