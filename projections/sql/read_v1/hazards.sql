-- Hazards with their due.
create function read_v1_hazards() returns table (
    hazard_id text, place_id text, place_name text, community_id text, community_name text, kind text, severity text,
    responsible_unit_id text, responsible_unit_name text, status text, is_open boolean, found_at timestamptz,
    due timestamptz, is_overdue boolean, fixed_at timestamptz, is_in_time boolean, verified_at timestamptz,
    is_found_on_patrol boolean, case_id text
)
language sql stable set search_path from current as $$
    select told.subject, coalesce(shown.place_id, told.place), shown.place_name, shown.community_id,
        shown.community_name, told.kind, told.severity,
        case when starts_with(told.responsible, 'unit/') then told.responsible end, unit.name, told.status,
        told.is_open, told.found_at, told.due, told.is_overdue, told.fixed_at, told.is_in_time, told.verified_at,
        told.patrol is not null, told.to_case
    from (
<<hazards>>
    ) told
    left join contract_place() shown on shown.place = told.place
    left join entity_unit unit on unit.subject = told.responsible
$$;
comment on function read_v1_hazards() is '安全隐患：每处一行；不含位置，责任方只列单位，地点不细于网格
hazard_id 隐患编号
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
kind 隐患
severity 等级
responsible_unit_id 责任单位编号（个人负责为空）
responsible_unit_name 责任单位
status 状态
is_open 是否未改
found_at 发现时间
due 整改期限
is_overdue 是否超期未改
fixed_at 整改时间
is_in_time 是否按期整改（无从判断为空）
verified_at 销号时间
is_found_on_patrol 是否巡查发现
case_id 转成的诉求编号';
