-- Who may look and publish by page: accounts with their roles and scopes, sessions, and the log of who did what.
-- Permanent. Passwords are kept as argon2id hashes, sessions as SHA-256 of their tokens.

create table shanzhi.account (
    name text collate "C" primary key check (name ~ '^[a-z0-9][a-z0-9._-]{1,59}$'),
    shown_name text not null check (length(shown_name) between 1 and 60),
    person text collate "C" not null check (person ~ '^person/[A-Za-z0-9._~-]{1,120}$'),
    password_hash text not null,
    is_initial boolean not null,           -- given by somebody else: to be changed at the first login
    password_at timestamptz not null default clock_timestamp(),
    made_at timestamptz not null default clock_timestamp(),
    disabled_at timestamptz
);

create table shanzhi.account_grant (
    account text collate "C" not null references shanzhi.account (name),
    role text not null,
    place text collate "C" check (place like 'place/%'),   -- that place and all below it
    unit text collate "C" check (unit like 'unit/%'),
    unique nulls not distinct (account, role, place, unit)
);

-- No part of a backup: who is restored logs in again.
create table shanzhi.session (
    sha256 bytea primary key check (length(sha256) = 32),
    account text collate "C" not null references shanzhi.account (name),
    began_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp()
);
create index on shanzhi.session (account);

-- Logins, refusals, looks at personal data, exports, changes of accounts. Rows are only added; what is older than half a
-- year may be taken away, and `shanzhi account prune` leaves thirteen months.
create table shanzhi.access_log (
    number bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    what text not null,
    account text collate "C",
    person text collate "C",
    address text,
    about text,
    details jsonb not null default '{}'
);
create index on shanzhi.access_log (at);
create index on shanzhi.access_log (account, at);

create function shanzhi.keep_access_log() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'DELETE' and old.at < clock_timestamp() - interval '183 days' then
        return old;
    end if;
    raise exception '访问日志只增不改 · shanzhi.access_log is only added to: % refused', tg_op
        using errcode = 'object_not_in_prerequisite_state',
        hint = '满 183 天后才可删除，见 shanzhi account prune · Rows may go after 183 days: shanzhi account prune.';
end
$$;
create trigger keep_rows before update or delete on shanzhi.access_log
    for each row execute function shanzhi.keep_access_log();
create trigger keep_all before truncate on shanzhi.access_log
    for each statement execute function shanzhi.keep_access_log();
