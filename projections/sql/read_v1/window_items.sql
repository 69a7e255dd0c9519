-- The window by item and month: what was asked for, filed and decided as promised.
create function read_v1_window_items() returns table (
    month date, item text, name text, department text, kind text, promised_working_days bigint,
    queried bigint, filed bigint, accepted bigint, returned bigint, decided bigint, granted bigint, delivered bigint,
    in_time bigint, judged bigint, in_time_share numeric, online_share numeric
)
language sql stable set search_path from current as $$
    select months.month, told.subject, told.name, told.department, told.kind, told.promised_working_days,
        told.queried, told.filed, told.accepted, told.returned, told.decided, told.granted, told.delivered,
        told.in_time, told.judged, told.in_time_share, told.online_share
    from contract_months() months
    cross join lateral (
<<window: by = 'item'; first = months.month; last = months.last_day; starts = shanghai_midnight(months.month);
    ends = shanghai_midnight(months.last_day + 1)>>
    ) told
$$;
comment on function read_v1_window_items() is '“一站受理、全程服务”窗口（按事项）：每个事项每月一行，计在申请之月
month 月份（首日）
item 事项编号
name 事项
department 部门
kind 类别
promised_working_days 承诺工作日
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
