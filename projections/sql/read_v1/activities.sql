-- Activities and culture.
create function read_v1_activities() returns table (
    activity_id text, title text, kind text, campaign text, brand text, place_id text, place_name text,
    community_id text, community_name text, organised_by text, provider_units bigint, begins timestamptz,
    ends timestamptz, status text, attendance bigint
)
language sql stable set search_path from current as $$
    select told.subject, told.title, told.kind, told.campaign, told.brand, coalesce(shown.place_id, told.place),
        shown.place_name, shown.community_id, shown.community_name,
        case when not starts_with(told.organised_by, 'person/') then told.organised_by end,
        jsonb_array_length(told.providers)::bigint, told.begins, told.ends, told.status, told.attendance
    from (
<<activities>>
    ) told
    left join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_activities() is '活动与文化：每次一行
activity_id 活动编号
title 活动
kind 类别
campaign 主题实践
brand 品牌
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
organised_by 组织方
provider_units 提供单位数
begins 开始时间
ends 结束时间
status 状态
attendance 参加人次';
