-- Every version of every rule that can be used, the default first.
create function read_v1_rules() returns table (
    rule text, version text, name text, title text, effective_from timestamptz, is_in_force boolean, parameters jsonb
)
language sql stable set search_path from current as $$
    select one.rule, one.version, one.name, one.title, one.effective_from,
        one.number = (contract_version(one.rule, contract_now())).number, one.parameters
    from shanzhi.rule_version one
    where one.generation = current_schema()
    order by one.rule, one.number
$$;
comment on function read_v1_rules() is '规则：每个可用版本一行；未启用过其他版本时用随程序发布的默认版本
rule 规则
version 版本
name 名称
title 标题
effective_from 启用时间（默认版本为空）
is_in_force 是否现行
parameters 参数（JSON）';
