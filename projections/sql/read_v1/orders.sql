-- 点餐式服务: orders from placing to rating.
create function read_v1_orders() returns table (
    order_id text, title text, community_id text, community_name text, estate_id text, estate_name text, status text,
    placed_at timestamptz, due timestamptz, unit_id text, unit_name text, taken_at timestamptz, done_at timestamptz,
    is_solved boolean, is_in_time boolean, is_supervised_well boolean, satisfaction text, persons bigint
)
language sql stable set search_path from current as $$
    select told.subject, told.title, coalesce(shown.place_id, told.community),
        coalesce(shown.place_name, told.community_name), told.estate, told.estate_name, told.status, told.placed_at,
        told.due, told.unit, told.unit_name, told.taken_at, told.done_at, told.solved, told.in_time,
        told.supervised_ok, told.satisfaction, jsonb_array_length(told.persons)::bigint
    from (
<<orders>>
    ) told
    left join contract_place() shown on shown.place = told.community
$$;
comment on function read_v1_orders() is '点餐式服务：每单一行，点单到评价
order_id 点单编号
title 服务
community_id 社区编号
community_name 社区
estate_id 小区编号
estate_name 小区
status 状态
placed_at 点单时间
due 时限
unit_id 接单单位编号
unit_name 接单单位
taken_at 接单时间
done_at 完成时间
is_solved 是否解决
is_in_time 是否按时（无从判断为空）
is_supervised_well 群众监督是否认可
satisfaction 评价
persons 服务人数';
