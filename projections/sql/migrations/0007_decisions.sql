-- What the decider remembers beside its requests and the outbox.

-- When the decider last gave somebody a case: of two who carry as much, who has waited longer gets the next.
create table shanzhi.last_dispatch (
    person text collate "C" primary key,
    time timestamptz not null
);

-- Our own choices that a generation has not folded yet are found by where they stand in the ledger.
create index on shanzhi.outbox (partition, ledger_offset) where published_at is not null;

-- Which case continues another one: the outcome of the request that it was opened for.
create index on shanzhi.request (subject) where kind = 'reopen';
