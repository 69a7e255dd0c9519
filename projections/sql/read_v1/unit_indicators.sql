-- What each unit's ongoing total of a month is made of.
create function read_v1_unit_indicators() returns table (
    month date, unit_id text, unit_name text, indicator text, numerator numeric, denominator numeric,
    is_measured boolean, weight numeric, share numeric, points numeric, points_of numeric
)
language sql stable set search_path from current as $$
    select months.month, told.unit, unit.name, one.indicator, one.numerator, one.denominator, one.is_measured,
        one.weight, one.share, one.points, one.points_of
    from contract_months() months
    cross join lateral unit_assessment(
        contract_rule('unit_assessment', shanghai_midnight(months.month)),
        contract_rule('credit', shanghai_midnight(months.month)), months.month, months.month, contract_now()) told
    cross join lateral jsonb_to_recordset(told.indicators) as one (
        indicator text, numerator numeric, denominator numeric, is_measured boolean, weight numeric, share numeric,
        points numeric, points_of numeric
    )
    left join entity_unit unit on unit.subject = told.unit
$$;
comment on function read_v1_unit_indicators() is '驻区单位考核指标：每个单位每月每项指标一行；无可计的指标，其权重分给其余各项
month 月份（首日）
unit_id 单位编号
unit_name 单位
indicator 指标
numerator 分子
denominator 分母
is_measured 是否可计
weight 规则权重
share 完成率
points 得分
points_of 满分（分摊后）';
