-- The parameters of a rule that holds at a time, and which version that is. As `projections.rules.in_force`.
create function contract_version(wanted text, at timestamptz) returns shanzhi.rule_version
language sql stable set search_path from current as $$
    select one from shanzhi.rule_version one
    where one.generation = current_schema() and one.rule = wanted and coalesce(one.effective_from <= at, true)
    order by one.number desc limit 1
$$;

create function contract_rule(wanted text, at timestamptz) returns jsonb
language sql stable set search_path from current as $$
    select parameters from contract_version(wanted, at)
$$;
