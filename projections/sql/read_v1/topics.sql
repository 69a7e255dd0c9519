-- Topics from collecting to solving.
create function read_v1_topics() returns table (
    topic_id text, title text, category text, estate_id text, estate_name text, community_id text, community_name text,
    status text, collected_at timestamptz, conference_id text, decided_at timestamptz, outcome text,
    responsible_unit_id text, responsible_unit_name text, due timestamptz, carried_out_at timestamptz,
    solved_at timestamptz, is_overdue boolean, case_id text, survey_id text
)
language sql stable set search_path from current as $$
    select told.subject, told.title, told.category, coalesce(shown.place_id, told.estate), shown.place_name,
        shown.community_id, shown.community_name, told.status, told.collected_at, told.conference, told.decided_at,
        told.outcome, case when starts_with(told.responsible, 'unit/') then told.responsible end,
        told.responsible_name, told.due, told.carried_out_at, told.solved_at, told.is_overdue, told.of_case, told.survey
    from (
<<topics>>
    ) told
    left join contract_place() shown on shown.place = told.estate
$$;
comment on function read_v1_topics() is '议题：收集、上会、议定、落实、解决，每个一行；责任方只列单位
topic_id 议题编号
title 议题
category 类别
estate_id 小区编号
estate_name 小区
community_id 社区编号
community_name 社区
status 状态
collected_at 收集时间
conference_id 会议编号
decided_at 议定时间
outcome 结果
responsible_unit_id 责任单位编号（个人负责为空）
responsible_unit_name 责任单位
due 期限
carried_out_at 落实时间
solved_at 解决时间
is_overdue 是否超期
case_id 来源诉求编号
survey_id 来源打分卡编号';
