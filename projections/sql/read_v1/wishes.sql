-- Wishes as the desk worded them; who wished is nowhere, people who granted are counted.
create function read_v1_wishes() returns table (
    wish_id text, title text, place_id text, place_name text, community_id text, community_name text, status text,
    made_at timestamptz, published_at timestamptz, claimed_at timestamptz, claimed_unit_id text,
    claimed_unit_name text, releases bigint, granted_at timestamptz, granted_by_persons bigint, is_home_visit boolean,
    score bigint, is_unclaimed_too_long boolean
)
language sql stable set search_path from current as $$
    select told.subject, told.title, coalesce(shown.place_id, told.place), shown.place_name, shown.community_id,
        shown.community_name, told.status, told.made_at, told.published_at, told.claimed_at,
        case when starts_with(told.claimed_by, 'unit/') then told.claimed_by end, told.claimed_by_name, told.released,
        told.granted_at, jsonb_array_length(told.persons)::bigint, told.home_visit, told.score, told.is_overdue
    from (
<<wishes>>
    ) told
    left join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_wishes() is '微心愿：每个一行，名称为社区改写后的公开文字；不含许愿人，认领方只列单位
wish_id 心愿编号
title 微心愿
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
status 状态
made_at 许下时间
published_at 发布时间
claimed_at 认领时间
claimed_unit_id 认领单位编号（个人认领为空）
claimed_unit_name 认领单位
releases 放弃认领次数
granted_at 实现时间
granted_by_persons 实现人数
is_home_visit 是否上门
score 评分
is_unclaimed_too_long 是否超期无人认领';
