-- What time it is for readers: that of the statement, or the one that was injected.
create function contract_now() returns timestamptz
language sql stable as $$
    select coalesce((select injected.time from shanzhi.injected_time injected), statement_timestamp())
$$;
