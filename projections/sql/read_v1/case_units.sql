-- Every unit that a whistle called, and whether it reported and handled in time.
create function read_v1_case_units() returns table (
    case_id text, whistle text, unit_id text, unit_name text, part text, kind text, whistled_at timestamptz,
    report_due timestamptz, reported_at timestamptz, is_reported_in_time boolean, handle_due timestamptz,
    handled_at timestamptz, is_resolved boolean, is_handled_in_time boolean
)
language sql stable set search_path from current as $$
    select told.subject, one.whistle, one.unit, one.name, one.part, one.kind, one.began, one.report_due,
        one.reported_at, one.is_reported_in_time, one.handle_due, one.handled_at, one.resolved, one.is_handled_in_time
    from (
<<cases>>
    ) told
    cross join lateral jsonb_to_recordset(told.units) as one (
        whistle text, unit text, name text, part text, kind text, began timestamptz, report_due timestamptz,
        reported_at timestamptz, is_reported_in_time boolean, handle_due timestamptz, handled_at timestamptz,
        resolved boolean, is_handled_in_time boolean
    )
$$;
comment on function read_v1_case_units() is '吹哨报到：每次吹哨的每个单位一行
case_id 诉求编号
whistle 吹哨编号
unit_id 单位编号
unit_name 单位
part 牵头或协办
kind 吹哨类别
whistled_at 吹哨时间
report_due 报到期限
reported_at 报到时间
is_reported_in_time 是否按时报到（无从判断为空）
handle_due 办理期限
handled_at 办理时间
is_resolved 是否解决
is_handled_in_time 是否按时办理（无从判断为空）';
