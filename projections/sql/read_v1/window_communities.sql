-- The window by community and month: what was asked for, filed and decided as promised.
create function read_v1_window_communities() returns table (
    month date, community_id text, community_name text,
    queried bigint, filed bigint, accepted bigint, returned bigint, decided bigint, granted bigint, delivered bigint,
    in_time bigint, judged bigint, in_time_share numeric, online_share numeric
)
language sql stable set search_path from current as $$
    select months.month, coalesce(shown.place_id, told.subject), coalesce(shown.place_name, told.name),
        told.queried, told.filed, told.accepted, told.returned, told.decided, told.granted, told.delivered,
        told.in_time, told.judged, told.in_time_share, told.online_share
    from contract_months() months
    cross join lateral (
<<window: by = 'community'; first = months.month; last = months.last_day;
    starts = shanghai_midnight(months.month); ends = shanghai_midnight(months.last_day + 1)>>
    ) told
    left join contract_place() shown on shown.place = told.subject
$$;
comment on function read_v1_window_communities() is '“一站受理、全程服务”窗口（按社区）：每个社区每月一行，计在申请之月
month 月份（首日）
community_id 社区编号
community_name 社区
queried 查询
filed 申请
accepted 受理
returned 补正
decided 办结
granted 准予
delivered 送达
in_time 按时办结
judged 可判定
in_time_share 按时率
online_share 网上办理率';
