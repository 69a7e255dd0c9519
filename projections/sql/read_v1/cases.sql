-- The case book without anybody in it. What a case of the curtains is about is not told: a household could be guessed.
create function read_v1_cases() returns table (
    case_id text, discovered_at timestamptz, channel text, demand text, category text, urgency text,
    handle_class text, place_id text, place_name text, community_id text, community_name text, status text,
    is_open boolean, handle_due timestamptz, is_overdue boolean, is_handled_in_time boolean,
    dispatched_at timestamptz, accepted_at timestamptz, whistled_at timestamptz, reported_at timestamptz,
    deliberated_at timestamptz, handled_at timestamptz, is_resolved boolean, replied_at timestamptz,
    rated_at timestamptz, satisfaction text, looked_up_at timestamptz, closed_at timestamptz, units bigint,
    reopens bigint, extensions bigint, declines bigint, photos bigint, continues_case_id text, merged_into_id text,
    is_supervised boolean, is_escalated boolean, is_excluded boolean, is_disputed boolean
)
language sql stable set search_path from current as $$
    select told.subject, told.discovered_at, nullif(told.channel, 'curtain'), told.demand,
        case when told.channel is distinct from 'curtain' then told.category end, told.urgency, told.handle_class,
        coalesce(shown.place_id, told.place), shown.place_name, shown.community_id, shown.community_name, told.status,
        told.is_open, told.handle_due, told.is_overdue, told.is_handled_in_time, told.dispatched_at, told.accepted_at,
        told.whistled_at, told.reported_at, told.deliberated_at, told.handled_at, told.resolved, told.replied_at,
        told.rated_at, told.satisfaction, told.looked_up_at, told.closed_at,
        (select count(distinct one ->> 'unit') from jsonb_array_elements(told.units) one),
        told.reopens, told.extensions, told.declined, told.photos, told.continues, told.merged_into,
        told.supervised_by is not null, told.escalated_to is not null, told.is_excluded, told.is_disputed
    from (
<<cases>>
    ) told
    left join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_cases() is '诉求台账：每件一行，七步的时间与现状；不含正文、姓名、位置，地点不细于网格
case_id 诉求编号
discovered_at 发现时间
channel 渠道（窗帘行动的不公开）
demand 诉求类型
category 类别（窗帘行动的不公开）
urgency 紧急程度
handle_class 办理时限等级
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
status 状态
is_open 是否在办
handle_due 办理期限
is_overdue 是否超期在办
is_handled_in_time 是否按时办理（无从判断为空）
dispatched_at 派单时间
accepted_at 落单时间
whistled_at 吹哨时间
reported_at 首个单位报到时间
deliberated_at 会商时间
handled_at 办理时间
is_resolved 是否解决
replied_at 反馈时间
rated_at 最近评价时间
satisfaction 满意度
looked_up_at 最近查单时间
closed_at 办结时间
units 被吹哨单位数
reopens 重办次数
extensions 延期次数
declines 退单次数
photos 照片张数
continues_case_id 所接续的诉求编号
merged_into_id 并入的诉求编号
is_supervised 是否督办
is_escalated 是否升级
is_excluded 是否剔除
is_disputed 是否争议未裁';
