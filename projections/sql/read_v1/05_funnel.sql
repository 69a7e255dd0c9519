-- The seven steps and two branches of the cases that were discovered in a month, by community.
create function read_v1_funnel() returns table (
    month date, community_id text, community_name text, discovered bigint, dispatched bigint, accepted bigint,
    whistled bigint, handled bigint, handled_in_grid bigint, done bigint, replied bigint, rated bigint,
    satisfied bigint, satisfied_share numeric, looked_up bigint, reopened bigint, withdrawn bigint
)
language sql stable set search_path from current as $$
    select months.month, coalesce(shown.place_id, told.subject), coalesce(shown.place_name, told.name),
        told.discovered, told.dispatched, told.accepted, told.whistled, told.handled, told.handled_in_grid, told.done,
        told.replied, told.rated, told.satisfied, told.satisfied_share, told.looked_up, told.reopened, told.withdrawn
    from contract_months() months
    cross join lateral (
<<funnel: level = 'community'; first = months.month; last = months.last_day>>
    ) told
    left join contract_place() shown on shown.place = told.subject
    where not told.is_overall
$$;
comment on function read_v1_funnel() is '诉求漏斗：每个社区每月一行，网格内办理与吹哨两条路；计在发现之月，done 计在办结之月
month 月份（首日）
community_id 社区编号（不属任何社区的为其地点）
community_name 社区
discovered 发现
dispatched 派单
accepted 落单
whistled 吹哨
handled 办理
handled_in_grid 网格内办理
done 当月办结
replied 反馈
rated 评价
satisfied 满意
satisfied_share 满意率
looked_up 查单
reopened 重办
withdrawn 撤回';
