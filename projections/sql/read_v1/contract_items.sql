-- What contracts promise, item by item, and whether it was delivered in time.
create function read_v1_contract_items() returns table (
    contract_id text, item text, community_id text, community_name text, unit_id text, unit_name text,
    quantity bigint, signed_at timestamptz, due timestamptz, delivered_at timestamptz, accepted_at timestamptz,
    refused_at timestamptz, score bigint, is_in_time boolean
)
language sql stable set search_path from current as $$
    select told.contract, told.item, coalesce(shown.place_id, told.community),
        coalesce(shown.place_name, told.community_name), told.unit, told.unit_name, told.quantity, told.signed_at,
        told.due, told.delivered_at, told.accepted_at, told.refused_at, told.score, told.in_time
    from (
<<contract_items: starts = '-infinity'::timestamptz; ends = 'infinity'::timestamptz>>
    ) told
    left join contract_place() shown on shown.place = told.community
$$;
comment on function read_v1_contract_items() is '契约事项：每份契约的每个事项一行
contract_id 契约编号
item 事项
community_id 社区编号
community_name 社区
unit_id 单位编号
unit_name 单位
quantity 数量
signed_at 签约时间
due 期限
delivered_at 交付时间
accepted_at 验收通过时间
refused_at 验收不通过时间
score 评分
is_in_time 是否按时（无从判断为空）';
