-- Disputes with their clocks; parties, mediators and what was agreed stand nowhere.
create function read_v1_mediations() returns table (
    mediation_id text, place_id text, place_name text, community_id text, community_name text, channel text,
    cause text, status text, is_open boolean, level text, is_remote boolean, opened_at timestamptz,
    level_due timestamptz, total_due timestamptz, days_left numeric, is_overdue boolean, is_in_time boolean,
    is_paused boolean, is_extended boolean, meetings bigint, methods text, settled_at timestamptz,
    is_judicially_confirmed boolean, failed_at timestamptz, failed_to text, refused_at timestamptz,
    followed_up_at timestamptz, holds boolean
)
language sql stable set search_path from current as $$
    select told.subject, coalesce(shown.place_id, told.place), shown.place_name, shown.community_id,
        shown.community_name, told.channel, told.cause, told.status, told.is_open, told.level, told.remote,
        told.opened_at, told.level_due, told.total_due, told.days_left, told.is_overdue, told.is_in_time,
        told.is_paused, told.is_extended, told.meetings,
        (select string_agg(method, ',' order by method) from jsonb_array_elements_text(told.methods) method),
        told.settled_at, told.judicial_confirmation, told.failed_at, told.failed_to, told.refused_at,
        told.followed_up_at, told.holds
    from (
<<mediations>>
    ) told
    left join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_mediations() is '矛盾纠纷：三级七天调解，每件一行；不含当事人、调解员、协议内容，地点不细于网格
mediation_id 纠纷编号
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
channel 渠道
cause 事由
status 状态
is_open 是否在调
level 层级
is_remote 是否远程
opened_at 受理时间
level_due 本级期限
total_due 总期限
days_left 剩余天数（超期为负，已了结为空）
is_overdue 是否超期在调
is_in_time 是否按期调成（无从判断为空）
is_paused 是否暂停
is_extended 是否延期
meetings 调解次数
methods 方法（情、理、法、诉）
settled_at 调解成功时间
is_judicially_confirmed 是否司法确认
failed_at 调解不成时间
failed_to 不成后去向
refused_at 一方不愿调解时间
followed_up_at 回访时间
holds 回访时是否履行';
