-- The register of units.
create function read_v1_units() returns table (
    unit_id text, name text, kind text, pairings bigint, alliance_joined_at timestamptz, last_contact_at timestamptz,
    registered_at timestamptz
)
language sql stable set search_path from current as $$
    select unit.subject, unit.name, unit.kind, jsonb_array_length(unit.pairings)::bigint, unit.alliance_at,
        unit.contacted_at, unit.registered_at
    from entity_unit unit
    order by unit.subject
$$;
comment on function read_v1_units() is '单位：驻区单位、物业、社会组织等，每个一行
unit_id 单位编号
name 名称
kind 类别
pairings 结对社区数
alliance_joined_at 加入党建联盟时间
last_contact_at 最近联系时间
registered_at 登记时间';
