-- 双报到、双服务 and volunteering by unit and month, by the rules that held when the month began.
create function read_v1_duty_units() returns table (
    month date, unit_id text, unit_name text, members bigint, reported bigint, reported_share numeric,
    services bigint, confirmed bigint, refused bigint, confirmed_minutes bigint, credited_minutes bigint,
    target_minutes bigint, target_share numeric, beneficiaries bigint, acts bigint, acts_confirmed bigint,
    act_minutes bigint
)
language sql stable set search_path from current as $$
    select months.month, told.subject, told.name, told.members, told.reported, told.reported_share, told.services,
        told.confirmed, told.refused, told.confirmed_minutes, told.credited_minutes, told.target_minutes,
        told.target_share, told.beneficiaries, told.acts, told.acts_confirmed, told.act_minutes
    from contract_months() months
    cross join lateral contract_rule('unit_assessment', shanghai_midnight(months.month)) assessment
    cross join lateral contract_rule('credit', shanghai_midnight(months.month)) credit
    cross join lateral (
<<duty: by = 'unit'; unit_assessment = assessment; credit = credit; first = months.month;
    last_month = months.month; last = months.last_day>>
    ) told
$$;
comment on function read_v1_duty_units() is '双报到双服务（按单位）：每个单位每月一行，只有人数与时长
month 月份（首日）
unit_id 单位编号
unit_name 单位
members 在职党员
reported 已报到
reported_share 报到率
services 服务（次）
confirmed 已确认
refused 未通过
confirmed_minutes 确认时长（分钟）
credited_minutes 计入时长（分钟，一事一记）
target_minutes 目标时长（分钟）
target_share 目标完成率
beneficiaries 受益人次
acts 志愿服务（次）
acts_confirmed 志愿服务已确认
act_minutes 志愿服务确认时长（分钟）';
