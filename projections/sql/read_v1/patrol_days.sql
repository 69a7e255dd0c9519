-- Patrols by place and day.
create function read_v1_patrol_days() returns table (
    day date, place_id text, place_name text, community_id text, community_name text, patrols bigint, minutes bigint,
    members bigint
)
language sql stable set search_path from current as $$
    select tally.day, coalesce(shown.place_id, tally.place), shown.place_name, shown.community_id,
        shown.community_name, sum(tally.patrols)::bigint, sum(tally.minutes)::bigint, sum(tally.members)::bigint
    from tally_patrol_day tally left join contract_place() shown on shown.place = tally.place
    group by 1, 2, 3, 4, 5
$$;
comment on function read_v1_patrol_days() is '小区巡查日计：按地点和日期
day 日期
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
patrols 巡查次数
minutes 时长（分钟）
members 参与人次';
