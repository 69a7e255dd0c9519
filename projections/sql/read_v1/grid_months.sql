-- How the month of a grid went, of 100, by the rule that held when it began.
create function read_v1_grid_months() returns table (
    month date, grid_id text, grid_name text, community_id text, community_name text, cases bigint, operation numeric,
    duty numeric, staff numeric, measured numeric, score numeric, bonus numeric, rule_version text
)
language sql stable set search_path from current as $$
    select months.month, told.place, shown.place_name, shown.community_id, shown.community_name, told.cases,
        told.operation, told.duty, told.staff, told.measured, told.score, told.bonus, rule.version
    from contract_months() months
    cross join lateral contract_version('workload', shanghai_midnight(months.month)) rule
    cross join lateral grid_month(rule.parameters, months.month, months.month, contract_now()) told
    join entity_place grid on grid.subject = told.place and grid.level = 'grid'
    join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_grid_months() is '网格月度得分：每个网格每月一行，以 100 为满，加分另列；不对个人排名
month 月份（首日）
grid_id 网格编号
grid_name 网格
community_id 社区编号
community_name 社区
cases 当月诉求
operation 运行
duty 履职
staff 队伍
measured 已计权重
score 得分
bonus 加分
rule_version 规则版本';
