-- 驻区单位协同考核: the league of each month, by the rule that held when it began.
create function read_v1_unit_months() returns table (
    month date, unit_id text, unit_name text, kind text, rank bigint, total numeric, total_uncontested numeric,
    grade text, is_ranked boolean, measured_weight numeric, contested bigint, joint numeric, bonus numeric,
    deduction numeric, final numeric, final_uncontested numeric, final_rank bigint, final_grade text, rule_version text
)
language sql stable set search_path from current as $$
    select months.month, told.unit, unit.name, unit.kind, told.rank, told.total, told.total_uncontested, told.grade,
        told.is_ranked, told.measured_weight, told.contested, told.joint, told.bonus, told.deduction, told.final,
        told.final_uncontested, told.final_rank, told.final_grade, rule.version
    from contract_months() months
    cross join lateral contract_version('unit_assessment', shanghai_midnight(months.month)) rule
    cross join lateral unit_league(rule.parameters, contract_rule('credit', shanghai_midnight(months.month)),
        months.month, months.month, contract_now()) told
    left join entity_unit unit on unit.subject = told.unit
$$;
comment on function read_v1_unit_months() is '驻区单位考核：每个单位每月一行；日常、协同、最终得分以 100 为满，加分另列；权重不足的不排名
month 月份（首日）
unit_id 单位编号
unit_name 单位
kind 类别
rank 日常名次
total 日常得分
total_uncontested 日常得分（不含争议）
grade 日常等次
is_ranked 是否参与排名
measured_weight 已计权重
contested 争议未裁（项）
joint 协同得分（所在季度）
bonus 加分
deduction 扣分
final 最终得分
final_uncontested 最终得分（不含争议）
final_rank 最终名次
final_grade 最终等次
rule_version 规则版本';
