-- Surveys by score card: how many were handed out and came back.
create function read_v1_surveys() returns table (
    survey_id text, estate_id text, estate_name text, community_id text, community_name text, opened_at timestamptz,
    until timestamptz, closed_at timestamptz, issued bigint, cards bigint, opinions bigint, returned_share numeric
)
language sql stable set search_path from current as $$
    select told.subject, coalesce(shown.place_id, told.estate), shown.place_name, shown.community_id,
        shown.community_name, told.opened_at, told.until, told.closed_at, told.issued, told.cards, told.opinions,
        round(told.cards::numeric / nullif(told.issued, 0), 4)
    from (
<<surveys>>
    ) told
    left join contract_place() shown on shown.place = told.estate
$$;
comment on function read_v1_surveys() is '居民满意打分卡：每次打分一行
survey_id 打分编号
estate_id 小区编号
estate_name 小区
community_id 社区编号
community_name 社区
opened_at 发卡时间
until 截止时间
closed_at 已截止时间
issued 发卡张数
cards 收卡张数
opinions 意见条数
returned_share 回收率';
