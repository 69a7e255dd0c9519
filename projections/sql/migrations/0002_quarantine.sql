-- The quarantine of the intake, what was decided of quarantined records, and whose identity a verdict is of.

alter table shanzhi.quarantine add column identity uuid; -- as in event_index; where the record is sound by itself
create index on shanzhi.quarantine (identity) where identity is not null;

-- Records of governance.intake that became no event. They are deleted there: this is the only copy.
create table shanzhi.intake_quarantine (
    topic_id text not null,          -- a topic that was made again counts from 0 again
    partition integer not null,
    record_offset bigint not null,
    stamp timestamptz not null,
    publisher text,                  -- whose key it carried
    identity uuid,                   -- of a known publisher's event, where source and id could be read
    reason text not null,
    code text,                       -- of the refusal, with pointer and the rule: nothing personal
    pointer text,
    detail text not null,
    bytes integer not null,          -- of value and headers as they came
    sealed bytea,                    -- both without the key, under the data key of the owner; null: not kept
    key_owner text,                  -- quarantine/<UTC day of the stamp>
    primary key (topic_id, partition, record_offset)
);
create index on shanzhi.intake_quarantine (identity) where identity is not null;
create index on shanzhi.intake_quarantine (stamp);

-- What somebody decided of a quarantined record, in either place. The verdict itself never changes.
create table shanzhi.quarantine_decision (
    id bigint generated always as identity primary key,
    origin text not null check (origin in ('ledger', 'intake')),
    topic_id text not null,
    partition integer not null,
    record_offset bigint not null,
    decision text not null check (decision in ('retried', 'dropped')),
    by text not null,
    note text not null,
    decided_at timestamptz not null default now(),
    ledger_partition smallint,       -- where the repaired copy stands
    ledger_offset bigint
);
create index on shanzhi.quarantine_decision (origin, partition, record_offset);
