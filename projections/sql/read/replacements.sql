-- Units that lost a service at an estate, each held to the remedy that it is said to rest on. `flag`: why it does not.
select unit.subject, unit.name, unit.kind, one.estate, estate.name as estate_name, one.service, one.by as successor,
    successor.name as successor_name, one.at as replaced_at, one.authority, one.survey, one.item,
    remedy.adopted_at as remedy_adopted_at, remedy.authority as remedy_authority,
    case
        when remedy.adopted_at is null or remedy.adopted_at > one.at then 'no_adopted_remedy'
        when remedy.change <> 'provider' then 'another_remedy'
        when unit.kind = 'property_company' and (one.authority <> 'owners_vote' or remedy.authority <> 'owners_vote')
            then 'no_owners_vote'
    end as flag
from entity_unit unit
cross join lateral jsonb_to_recordset(unit.replacements) as one (
    estate text, service text, by text, authority text, survey text, item text, at timestamptz
)
left join entity_place estate on estate.subject = one.estate collate "C"
left join entity_unit successor on successor.subject = one.by collate "C"
left join entity_survey survey on survey.subject = one.survey collate "C"
left join lateral (
    select told.change, told.authority, told.adopted_at
    from jsonb_to_recordset(survey.remedies) as told (item text, change text, authority text, adopted_at timestamptz)
    where told.item = one.item and survey.estate = one.estate collate "C"
) remedy on true
where (%(unit)s::text is null or %(unit)s in (unit.subject, one.by))
  and (%(place)s::text is null or one.estate in (select below.place from place_subtree(%(place)s) below))
  and (%(starts)s::timestamptz is null or one.at >= %(starts)s and one.at < %(ends)s)
order by one.at desc, unit.subject, one.service collate "C"
limit %(rows)s
