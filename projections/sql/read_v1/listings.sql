-- 三张清单: needs, resources and projects with what is left of them.
create function read_v1_listings() returns table (
    listing_id text, kind text, title text, category text, posted_by text, status text, quantity bigint,
    left_over bigint, unit_of_quantity text, since timestamptz, until timestamptz, claims bigint
)
language sql stable set search_path from current as $$
    select told.subject, told.kind, told.title, told.category,
        case when not starts_with(told.posted_by, 'person/') then told.posted_by end, told.status, told.quantity,
        told.left_over, told.unit_of_quantity, told.since, told.until, jsonb_array_length(told.claims)::bigint
    from (
        select 'need' as kind, need.* from (
<<needs>>
        ) need
        union all
        select 'resource', resource.* from (
<<resources>>
        ) resource
        union all
        select 'project', project.* from (
<<projects>>
        ) project
    ) told
$$;
comment on function read_v1_listings() is '三张清单：需求、资源、项目，每项一行
listing_id 清单编号
kind 清单
title 名称
category 类别
posted_by 发布方
status 状态
quantity 数量
left_over 剩余
unit_of_quantity 计量单位
since 起
until 止
claims 认领次数';
