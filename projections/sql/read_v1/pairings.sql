-- Which unit is paired with which community, and when they last met.
create function read_v1_pairings() returns table (
    unit_id text, unit_name text, community_id text, community_name text, mode text, estates bigint,
    since timestamptz, last_contact_at timestamptz, days_without_contact bigint
)
language sql stable set search_path from current as $$
    select told.subject, told.name, told.community, told.community_name, told.mode,
        jsonb_array_length(told.estates)::bigint, told.since, told.last_contact_at, told.days_without_contact
    from (
<<pairings>>
    ) told
$$;
comment on function read_v1_pairings() is '结对共建：单位与社区每一对一行
unit_id 单位编号
unit_name 单位
community_id 社区编号
community_name 社区
mode 模式（1+1、N+1）
estates 结对小区数
since 结对时间
last_contact_at 最近联系时间
days_without_contact 未联系天数';
