-- The SQL contract: views whose names and columns stay, a role that may read nothing else, and rules where SQL finds them.

create schema if not exists read_v1;
comment on schema read_v1 is '善治对外只读视图第 1 版：视图、列名、类型只增不改，不含个人信息 · Views for BI tools: names, columns and types are only added to; nothing personal.';

-- The versions of rules that can be used, by generation. Written by `projections.rules.kept`: what can't be read, and what ships, Python knows alone.
create table shanzhi.rule_version (
    generation text not null references shanzhi.generation (name) on delete cascade,
    rule text collate "C" not null,
    number smallint not null,        -- in the order in which they come to hold; 0 ships and holds where none was adopted
    name text not null,
    version text not null,
    title text not null,
    effective_from timestamptz,      -- null: ever since
    parameters jsonb not null,
    primary key (generation, rule, number)
);

-- What a view of the contract says, by the function of the generation that readers see. The view does not depend on
-- any generation, so nothing has to be moved or locked when readers are switched. A column that an older generation
-- does not tell is null until then.
create function shanzhi.read_v1(view_name text) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    held text := (select current.generation from shanzhi.current);
    told text;
begin
    select string_agg(
        format('%s::%s', case when given.name is null then 'null' else format('told.%I', given.name) end,
            format_type(wanted.atttypid, wanted.atttypmod)),
        ', ' order by wanted.attnum)
    into told
    from pg_attribute wanted
    left join (
        select argument.name
        from pg_proc function
        cross join lateral unnest(function.proargnames, function.proargmodes) argument (name, mode)
        where function.oid = to_regprocedure(format('%I.%I()', coalesce(held, 'none'), 'read_v1_' || view_name))
          and argument.mode = 't'
    ) given on given.name = wanted.attname
    where wanted.attrelid = format('read_v1.%I', view_name)::regclass and wanted.attnum > 0
    having count(given.name) > 0;
    if told is null then
        raise exception 'read_v1.%: 现用的表还不能回答 · % can''t answer this yet', view_name, coalesce(held, 'no table')
            using errcode = 'object_not_in_prerequisite_state',
            hint = '启动本版本的处理进程，待其切换 · Start a worker of this version, and wait until it has switched.';
    end if;
    return query execute format('select %s from %I.%I() told', told, held, 'read_v1_' || view_name);
end
$$;
revoke execute on function shanzhi.read_v1 from public;

-- One role for the whole server, without a password until somebody gives it one. Whoever may not make roles asks the
-- administrator for it (docs/sql.md); what it may read is granted by the next worker that starts.
do $$
begin
    if not exists (select from pg_roles where rolname = 'shanzhi_reader') then
        create role shanzhi_reader login;
        alter role shanzhi_reader set default_transaction_read_only = on;
        alter role shanzhi_reader set statement_timeout = '60s';
        alter role shanzhi_reader set idle_in_transaction_session_timeout = '60s';
        alter role shanzhi_reader set search_path = read_v1;
    end if;
exception
    when insufficient_privilege or duplicate_object or unique_violation then null;
end
$$;
