-- What the intake may do with keys that it did not make: those of the originals that it set aside, once they are old.
-- A role that could change vault.data_key could forget anybody.

create function vault.destroy_originals(before_day text) returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    with destroyed as (
        update vault.data_key set wrapped = null, destroyed_at = now()
        where starts_with(owner, 'quarantine/') and owner < 'quarantine/' || before_day and wrapped is not null
        returning 1
    )
    select count(*) from destroyed
$$;
revoke execute on function vault.destroy_originals from public;
