-- Photos, each sealed under the key of its owner; an event carries id, type, size and fingerprint alone.

create table vault.photo (
    id text collate "C" primary key,      -- from owner and fingerprint: the same photo twice is one row
    owner text collate "C" not null,
    media_type text not null,
    bytes integer not null,               -- of the picture, before sealing
    fingerprint text collate "C" not null,
    sealed bytea not null,
    kept_at timestamptz not null default now()
);
alter table vault.photo alter column sealed set storage external;  -- sealed bytes can't be compressed
create index on vault.photo (owner);
