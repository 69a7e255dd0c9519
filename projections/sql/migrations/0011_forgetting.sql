-- Who was forgotten, when, why and by whom. Rows are added and never taken away; owners are opaque ids.

create table shanzhi.forgotten (
    owner text collate "C" primary key,
    forgotten_at timestamptz not null,
    basis text not null,
    decided_by text not null,
    event text,                          -- as it is told, however often; null: the ledger told us, after a restore
    partition smallint,                  -- where the ledger holds it; null: it has still to be told
    ledger_offset bigint,
    rewritten_at timestamptz,            -- since when no table of the vault holds the destroyed key
    wal_until pg_lsn                     -- written up to here, no WAL file holds it either
);

-- Of somebody who is forgotten before anything of theirs was sealed there is a tombstone and no master key.
alter table vault.data_key alter column master_key_id drop not null;
