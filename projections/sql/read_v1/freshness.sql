-- One row: which tables are read, how far they have come, who has fallen silent.
create function read_v1_freshness() returns table (
    as_of timestamptz, generation text, folds text, switched_at timestamptz, newest_event_at timestamptz,
    newest_record_at timestamptz, records_folded bigint, records_waiting bigint, publishers bigint,
    silent_publishers bigint
)
language sql stable set search_path from current as $$
    select contract_now(), held.name, held.fingerprint, current.switched_at, heard.newest_time, heard.newest_stamp,
        come.folded, come.waiting, heard.publishers, heard.silent
    from shanzhi.current
    join shanzhi.generation held on held.name = current.generation
    cross join (
        select max(newest_time) as newest_time, max(newest_stamp) as newest_stamp,
            count(*) filter (where is_registered) as publishers, count(*) filter (where is_missed) as silent
        from publisher_freshness(contract_now())
    ) heard
    cross join (
        select sum(own.next)::bigint as folded, sum(greatest(0, read.next - own.next))::bigint as waiting
        from position own left join shanzhi.index_position read using (partition)
    ) come
$$;
comment on function read_v1_freshness() is '数据新鲜度：一行，说明所读的是哪一代表、已算到哪里
as_of 查询时刻
generation 现用的一代
folds 折算版本
switched_at 切换时间
newest_event_at 最新事件的发生时间
newest_record_at 最新事件的入账时间
records_folded 已折算记录数
records_waiting 已入账未折算记录数
publishers 登记的发布方数
silent_publishers 漏报的发布方数';
