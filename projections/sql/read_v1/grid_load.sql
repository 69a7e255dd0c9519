-- What grids carry now, weighted by the rule. Places that no grid holds keep a row of their own.
create function read_v1_grid_load() returns table (
    grid_id text, grid_name text, community_id text, community_name text, open bigint, emergency bigint, urgent bigint,
    ordinary bigint, mediations bigint, applications bigint, hazards bigint, load numeric
)
language sql stable set search_path from current as $$
    select coalesce(shown.place_id, load.holder), shown.place_name, shown.community_id, shown.community_name,
        sum(load.open)::bigint, sum(load.emergency)::bigint, sum(load.urgent)::bigint, sum(load.ordinary)::bigint,
        sum(load.mediations)::bigint, sum(load.applications)::bigint, sum(load.hazards)::bigint, sum(load.load)
    from open_load(contract_rule('workload', contract_now()), 'grid', 'grid') load
    left join contract_place() shown on shown.place = load.holder
    group by 1, 2, 3, 4
    order by 12 desc, 1
$$;
comment on function read_v1_grid_load() is '网格负荷：有在办事项的网格各一行，此刻的件数与加权负荷
grid_id 网格编号（不在网格内的为其地点）
grid_name 网格
community_id 社区编号
community_name 社区
open 在办合计
emergency 紧急诉求
urgent 加急诉求
ordinary 一般诉求
mediations 调解
applications 申办
hazards 隐患
load 加权负荷';
