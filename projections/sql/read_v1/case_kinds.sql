-- Cases by category, channel and demand, by place and day. Those of the curtains stand without channel and category.
create function read_v1_case_kinds() returns table (
    day date, place_id text, place_name text, community_id text, community_name text, channel text, demand text,
    category text, discovered bigint, handled bigint, resolved bigint, rated bigint, satisfied bigint, reopened bigint,
    withdrawn bigint
)
language sql stable set search_path from current as $$
    select tally.day, coalesce(shown.place_id, nullif(tally.place, '')), shown.place_name, shown.community_id,
        shown.community_name, nullif(nullif(tally.channel, 'curtain'), ''), nullif(tally.demand, ''),
        case when tally.channel <> 'curtain' then nullif(tally.category, '') end, sum(tally.discovered)::bigint,
        sum(tally.handled)::bigint, sum(tally.resolved)::bigint, sum(tally.rated)::bigint,
        sum(tally.satisfied)::bigint, sum(tally.reopened)::bigint, sum(tally.withdrawn)::bigint
    from tally_case_kind tally left join contract_place() shown on shown.place = tally.place
    group by 1, 2, 3, 4, 5, 6, 7, 8
$$;
comment on function read_v1_case_kinds() is '诉求分类日计：按地点、发现日期、渠道、诉求类型、类别
day 发现日期
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
channel 渠道（窗帘行动的不公开）
demand 诉求类型
category 类别（窗帘行动的不公开）
discovered 发现
handled 办理
resolved 解决
rated 评价
satisfied 满意
reopened 重办
withdrawn 撤回';
