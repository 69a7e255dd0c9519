-- Which of the six parties stand for an estate, and how many of the four regulations hold there.
create function read_v1_estates() returns table (
    estate_id text, name text, community_id text, community_name text, has_party_branch boolean,
    has_two_committees boolean, has_owners_committee boolean, has_property_company boolean,
    has_law_enforcement boolean, has_police boolean, parties_missing bigint, regulations bigint
)
language sql stable set search_path from current as $$
    select roster.subject, roster.name, roster.community, roster.community_name, roster.party_branch <> '[]',
        roster.two_committees <> '[]', roster.owners_committee <> '[]', roster.property_company <> '[]',
        roster.law_enforcement <> '[]', roster.police <> '[]', jsonb_array_length(roster.gaps)::bigint,
        coalesce(ruled.in_force, 0)
    from (
<<roster>>
    ) roster
    left join (
<<regulations>>
    ) ruled on ruled.subject = roster.subject
    order by roster.subject
$$;
comment on function read_v1_estates() is '小区六方与制度：每个小区一行，六方是否到位、四项制度建了几项
estate_id 小区编号
name 小区
community_id 社区编号
community_name 社区
has_party_branch 有小区党支部
has_two_committees 有社区“两委”
has_owners_committee 有业委会
has_property_company 有物业公司
has_law_enforcement 有综合执法队
has_police 有片区民警
parties_missing 缺几方
regulations 现行制度（项，共四项）';
