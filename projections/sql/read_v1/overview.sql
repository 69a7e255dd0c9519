-- 一屏: what the county, each town, community and estate has on its desk now, and its rates of this month.
create function read_v1_overview() returns table (
    level text, place_id text, place_name text, received_today bigint, handled_today bigint, open_cases bigint,
    overdue_cases bigint, open_mediations bigint, open_wishes bigint, open_hazards bigint, open_orders bigint,
    open_applications bigint, open_topics bigint, response numeric, resolution numeric, satisfaction numeric,
    score numeric
)
language sql stable set search_path from current as $$
    select case when told.is_overall then 'all' else levels.level end, told.subject, told.name, told.received_today,
        told.handled_today, told.open_cases, told.overdue_cases, told.open_mediations, told.open_wishes,
        told.open_hazards, told.open_orders, told.open_applications, told.open_topics, told.response, told.resolution,
        told.satisfaction, told.score
    from (select (contract_now() at time zone 'Asia/Shanghai')::date as day) today
    cross join (values ('town'), ('community'), ('estate')) levels (level)
    cross join lateral (
<<overview: level = levels.level; today = today.day; first = date_trunc('month', today.day::timestamp)::date;
    last = today.day>>
    ) told
    where case when told.is_overall then levels.level = 'town' else told.level = levels.level end
$$;
comment on function read_v1_overview() is '一屏知社区：全县、各镇、各社区、各小区各一行，此刻在办与本月三率
level 层级（all 为全县）
place_id 地点编号（全县为空）
place_name 地点
received_today 今日受理
handled_today 今日办结
open_cases 在办诉求
overdue_cases 超期诉求
open_mediations 在调纠纷
open_wishes 未了心愿
open_hazards 未改隐患
open_orders 在办点单
open_applications 在办事项
open_topics 未决议题
response 本月响应率
resolution 本月解决率
satisfaction 本月满意率
score 本月三率得分';
