-- 点单、派单、落单、查单、评单 of the cases that were discovered in a month, by community.
create function read_v1_five_tickets() returns table (
    month date, community_id text, community_name text, ordered bigint, dispatched bigint, accepted bigint,
    looked_up bigint, rated bigint, satisfied bigint, dispatched_share numeric, accepted_share numeric,
    rated_share numeric, satisfied_share numeric
)
language sql stable set search_path from current as $$
    select told.month, told.community_id, told.community_name, told.discovered, told.dispatched, told.accepted,
        told.looked_up, told.rated, told.satisfied, round(told.dispatched::numeric / nullif(told.discovered, 0), 4),
        round(told.accepted::numeric / nullif(told.dispatched, 0), 4),
        round(told.rated::numeric / nullif(told.discovered, 0), 4), round(told.satisfied_share, 4)
    from read_v1_funnel() told
$$;
comment on function read_v1_five_tickets() is '五单：每个社区每月一行，计在发现之月；比率以 1 为满
month 月份（首日）
community_id 社区编号（不属任何社区的为其地点）
community_name 社区
ordered 点单
dispatched 派单
accepted 落单
looked_up 查单
rated 评单
satisfied 满意
dispatched_share 派单率
accepted_share 落单率
rated_share 评单率
satisfied_share 满意率';
