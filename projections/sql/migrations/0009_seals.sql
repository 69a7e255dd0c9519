-- Seals: one signed root over all partitions at a time, each chained to the one before.

-- As far as the tiles of a partition reach: the number of its leaves.
create table shanzhi.seal_position (
    partition smallint primary key,
    next bigint not null
);
insert into shanzhi.seal_position select number, 0 from generate_series(0, 11) number;

-- 256 hashes of complete subtrees side by side: of leaves (level 0), of whole tiles of level 0 (level 1), and so on.
create table shanzhi.seal_tile (
    partition smallint not null,
    level smallint not null,
    number bigint not null,
    hashes bytea not null,           -- 32 bytes each; the last tile of a level may hold fewer than 256
    primary key (partition, level, number)
);
alter table shanzhi.seal_tile alter column hashes set storage external; -- hashes don't compress

create table shanzhi.seal (
    number bigint primary key,       -- 1, 2, …
    made_at timestamptz not null,
    records bigint not null,         -- sealed so far, over all partitions
    line text not null               -- as it stands in the file that is kept elsewhere
);
