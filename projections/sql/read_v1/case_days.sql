-- What became of the cases that were discovered on a day, by place.
create function read_v1_case_days() returns table (
    day date, place_id text, place_name text, community_id text, community_name text, discovered bigint,
    dispatched bigint, accepted bigint, handled bigint, handled_in_grid bigint, whistled bigint, replied bigint,
    rated bigint, satisfied bigint, looked_up bigint, reopened bigint, withdrawn bigint, done bigint
)
language sql stable set search_path from current as $$
    select tally.day, coalesce(shown.place_id, nullif(tally.place, '')), shown.place_name, shown.community_id,
        shown.community_name, sum(tally.discovered)::bigint, sum(tally.dispatched)::bigint,
        sum(tally.accepted)::bigint, sum(tally.handled)::bigint, sum(tally.handled_in_grid)::bigint,
        sum(tally.whistled)::bigint, sum(tally.replied)::bigint, sum(tally.rated)::bigint,
        sum(tally.satisfied)::bigint, sum(tally.looked_up)::bigint, sum(tally.reopened)::bigint,
        sum(tally.withdrawn)::bigint, sum(tally.done)::bigint
    from tally_case_day tally left join contract_place() shown on shown.place = tally.place
    group by 1, 2, 3, 4, 5
$$;
comment on function read_v1_case_days() is '诉求日计：按地点和日期；办理、反馈、评价等计在发现之日，done 计在办结之日
day 日期
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
discovered 发现（点单）
dispatched 派单
accepted 落单
handled 办理
handled_in_grid 网格内办理
whistled 吹哨
replied 反馈
rated 评价（评单）
satisfied 满意
looked_up 查单
reopened 重办
withdrawn 撤回
done 当日办结';
