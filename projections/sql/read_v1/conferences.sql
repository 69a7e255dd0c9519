-- Conferences, with how many came.
create function read_v1_conferences() returns table (
    conference_id text, kind text, place_id text, place_name text, community_id text, community_name text,
    convened_at timestamptz, held_at timestamptz, parties bigint, attendance bigint, topics bigint
)
language sql stable set search_path from current as $$
    select told.subject, told.kind, coalesce(shown.place_id, told.place), shown.place_name, shown.community_id,
        shown.community_name, told.convened_at, told.held_at,
        (select count(distinct came ->> 'party') from jsonb_array_elements(told.attendance) came), told.present,
        coalesce(tabled.topics, 0)
    from (
<<conferences>>
    ) told
    left join contract_place() shown on shown.place = told.place
    left join (
        select topic.conference, count(*) as topics from entity_topic topic group by topic.conference
    ) tabled on tabled.conference = told.subject
$$;
comment on function read_v1_conferences() is '会议：六方联席会议、联席会、居民议事会、民情恳谈会，每次一行
conference_id 会议编号
kind 类别
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
convened_at 召集时间
held_at 召开时间
parties 到会方数
attendance 到会人次
topics 议题数（以最近一次上会计）';
