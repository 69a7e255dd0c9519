-- Every item of every survey with its mean, its remedy and what that did. Few cards tell who wrote them: then no mean.
create function read_v1_survey_items() returns table (
    survey_id text, item text, estate_id text, estate_name text, community_id text, community_name text,
    opened_at timestamptz, provider_unit_id text, provider_unit_name text, method text, form text, cards bigint,
    mean numeric, mark text, remedy text, remedy_proposed_at timestamptz, remedy_adopted_at timestamptz,
    remedy_authority text, flag text, next_survey_id text, effect numeric
)
language sql stable set search_path from current as $$
    select told.subject, told.item, coalesce(shown.place_id, told.estate), shown.place_name, shown.community_id,
        shown.community_name, told.opened_at, case when starts_with(told.provider, 'unit/') then told.provider end,
        told.provider_name, told.method, told.form, told.scores, case when told.mark <> 'too_few' then told.mean end,
        told.mark, told.change, told.proposed_at, told.adopted_at, told.authority, told.flag, told.next_survey,
        told.effect
    from (
<<survey_items>>
    ) told
    left join contract_place() shown on shown.place = told.estate
$$;
comment on function read_v1_survey_items() is '打分事项：每次打分每个事项一行，均分、整改与成效；张数太少的不列均分
survey_id 打分编号
item 事项
estate_id 小区编号
estate_name 小区
community_id 社区编号
community_name 社区
opened_at 发卡时间
provider_unit_id 服务单位编号
provider_unit_name 服务单位
method 服务方法
form 服务形式
cards 打分张数
mean 均分
mark 评定
remedy 整改（更换服务者、方法、形式）
remedy_proposed_at 整改提出时间
remedy_adopted_at 整改通过时间
remedy_authority 通过依据
flag 存疑
next_survey_id 下次打分编号
effect 成效（下次均分之差）';
