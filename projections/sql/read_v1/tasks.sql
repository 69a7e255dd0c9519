-- 督办重点任务、为民办实事; who watches over one is not told, nor a person who holds one.
create function read_v1_tasks() returns table (
    task_id text, title text, kind text, tier text, held_by text, place_id text, place_name text, community_id text,
    community_name text, status text, assigned_at timestamptz, due timestamptz, days_late bigint, percent bigint,
    done_at timestamptz, verified_at timestamptz, rejections bigint
)
language sql stable set search_path from current as $$
    select told.subject, told.title, told.kind, told.tier,
        case when not starts_with(told.held_by, 'person/') then told.held_by end, coalesce(shown.place_id, told.place),
        shown.place_name, shown.community_id, shown.community_name, told.status, told.assigned_at, told.due,
        told.days_late::bigint, told.percent, told.done_at, told.verified_at, told.rejections
    from (
<<tasks>>
    ) told
    left join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_tasks() is '督办重点任务与为民办实事：每项一行；承办方为个人的不列
task_id 任务编号
title 任务
kind 类别
tier 交办层级
held_by 承办方
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
status 状态
assigned_at 交办时间
due 时限
days_late 超期天数
percent 进度（%）
done_at 完成时间
verified_at 核验时间
rejections 退回次数';
