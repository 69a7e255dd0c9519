-- Who told what until when, and who broke the rhythm that it declared.
create function read_v1_publishers() returns table (
    publisher_id text, name text, is_registered boolean, rhythm_minutes bigint, newest_event_at timestamptz,
    newest_record_at timestamptz, events bigint, events_today bigint, silent_since timestamptz, is_missed boolean,
    revoked_at timestamptz
)
language sql stable set search_path from current as $$
    select subject, name, is_registered, rhythm_minutes, newest_time, newest_stamp, events, events_today, silent_since,
        is_missed, revoked_at
    from publisher_freshness(contract_now())
$$;
comment on function read_v1_publishers() is '发布方新鲜度：每个发布方一行，未登记的来源各占一行
publisher_id 发布方编号（未登记的为其来源）
name 名称
is_registered 是否登记
rhythm_minutes 约定频度（分钟）
newest_event_at 最新事件的发生时间
newest_record_at 最新事件的入账时间
events 事件数
events_today 今日事件数
silent_since 静默起始
is_missed 是否漏报
revoked_at 撤销时间';
