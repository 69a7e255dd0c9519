-- Facilities, which everybody may walk into; where one is at a household, not where that lies.
create function read_v1_facilities() returns table (
    facility_id text, kind text, place_id text, place_name text, community_id text, community_name text,
    functions text, hours text, is_open boolean, longitude double precision, latitude double precision,
    opened_at timestamptz, upgraded_at timestamptz, closed_at timestamptz
)
language sql stable set search_path from current as $$
    select told.facility, told.kind, coalesce(shown.place_id, told.place), shown.place_name, shown.community_id,
        shown.community_name,
        (select string_agg(one, ',' order by one) from jsonb_array_elements_text(told.functions) one), told.hours,
        told.is_open, case when told.place_level is distinct from 'party_household' then told.longitude end,
        case when told.place_level is distinct from 'party_household' then told.latitude end, told.opened_at,
        told.upgraded_at, told.closed_at
    from (
<<facilities>>
    ) told
    left join contract_place() shown on shown.place = told.place
$$;
comment on function read_v1_facilities() is '阵地：红色港湾、党群服务中心、窗口、便民点等，每处一行
facility_id 阵地编号
kind 类别
place_id 地点编号
place_name 地点
community_id 社区编号
community_name 社区
functions 功能
hours 开放时间
is_open 是否开放
longitude 经度
latitude 纬度
opened_at 开放时间
upgraded_at 升级时间
closed_at 关闭时间';
