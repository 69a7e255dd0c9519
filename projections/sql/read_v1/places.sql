-- The tree of today down to the grid, flattened.
create function read_v1_places() returns table (
    place_id text, name text, level text, parent_id text, parent_name text, estate_id text, estate_name text,
    community_id text, community_name text, town_id text, town_name text, responsible_unit_id text,
    responsible_unit_name text, brand text, networks text, grid_workers bigint, linked_leaders bigint,
    longitude double precision, latitude double precision, registered_at timestamptz, closed_at timestamptz
)
language sql stable set search_path from current as $$
    select here.subject, here.name, here.level, here.parent, parent.name, estate.subject, estate.name,
        shown.community_id, shown.community_name, shown.town_id, shown.town_name, here.responsible_unit, unit.name,
        here.brand,
        (select string_agg(network, ',' order by network) from jsonb_array_elements_text(here.networks) network),
        (select count(*) from jsonb_array_elements(here.staff) post where post ->> 'role' = 'grid_worker'),
        (select count(distinct link ->> 'leader') from jsonb_array_elements(here.links) link),
        here.longitude, here.latitude, here.registered_at, here.closed_at
    from entity_place here
    join contract_place() shown on shown.place = here.subject
    left join entity_place parent on parent.subject = here.parent
    left join place_at_level('estate') of_estate on of_estate.place = here.subject
    left join entity_place estate on estate.subject = of_estate.holder
    left join entity_unit unit on unit.subject = here.responsible_unit
    where here.level in ('county', 'town', 'community', 'estate', 'grid')
    order by here.subject
$$;
comment on function read_v1_places() is '地点：县、镇、社区、小区、网格，按今日区划；不含楼栋与党员中心户
place_id 地点编号
name 名称
level 层级
parent_id 上级编号
parent_name 上级
estate_id 所属小区编号
estate_name 所属小区
community_id 所属社区编号
community_name 所属社区
town_id 所属镇编号
town_name 所属镇
responsible_unit_id 责任单位编号
responsible_unit_name 责任单位
brand 品牌
networks 并入的网格（党建、综治、人社、城管）
grid_workers 网格员人数
linked_leaders 包抓领导人数
longitude 中心经度
latitude 中心纬度
registered_at 登记时间
closed_at 撤销时间';
