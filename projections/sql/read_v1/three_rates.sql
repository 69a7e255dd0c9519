-- 接诉即办三率 of a month's call-back windows: the whole county, towns and communities, by the rule that held when the
-- month began. Four scores: with and without excluded cases and ratings in dispute.
create function read_v1_three_rates() returns table (
    month date, level text, place_id text, place_name text, called bigint, valid bigint, contacted bigint,
    resolved bigint, satisfied bigint, fairly bigint, dissatisfied bigint, response numeric, resolution numeric,
    satisfaction numeric, score numeric, score_with_excluded numeric, score_without_disputed numeric, rule_version text
)
language sql stable set search_path from current as $$
    select months.month, case when told.is_overall then 'all' else levels.level end, told.subject, told.name,
        told.called, told.valid, told.contacted, told.resolved, told.satisfied, told.fairly, told.dissatisfied,
        told.response, told.resolution, told.satisfaction, told.score, told.score_with_excluded,
        told.score_without_disputed, rule.version
    from contract_months() months
    cross join lateral contract_version('three_rates', shanghai_midnight(months.month)) rule
    cross join (values ('town'), ('community')) levels (level)
    cross join lateral (
<<rates: three_rates = rule.parameters; level = levels.level; first = months.month; last = months.last_day>>
    ) told
    where case when told.is_overall then levels.level = 'town' else told.level = levels.level end
$$;
comment on function read_v1_three_rates() is '接诉即办三率：全县、各镇、各社区每月一行；按月初时的规则，比率以 1 为满，得分以 100 为满，无有效回访为空
month 月份（首日）
level 层级（all 为全县）
place_id 地点编号（全县为空）
place_name 地点
called 回访
valid 有效回访
contacted 已联系
resolved 已解决
satisfied 满意
fairly 基本满意
dissatisfied 不满意
response 响应率
resolution 解决率
satisfaction 满意率
score 得分（不含剔除件，含争议件）
score_with_excluded 得分（含剔除件）
score_without_disputed 得分（不含争议件）
rule_version 规则版本';
