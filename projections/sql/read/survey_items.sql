-- The survey board: every item with its mean and mark, its remedy, and what the next survey of that estate says of it.
with scored as (
    select survey.subject, survey.estate, survey.opened_at, survey.closed_at, item.item, item.provider, item.method,
        item.form, coalesce(mean.scores, 0) as scores, mean.total::numeric / nullif(mean.scores, 0) as mean,
        coalesce(mean.scores, 0) >= (%(survey)s::jsonb ->> 'fewest_cards')::integer as is_enough, survey.remedies
    from entity_survey survey
    cross join lateral jsonb_to_recordset(survey.items) as item (item text, provider text, method text, form text)
    left join lateral (
        select one.scores, one.total
        from jsonb_to_recordset(survey.means) as one (item text, scores bigint, total bigint)
        where one.item = item.item
    ) mean on true
    where survey.estate is not null and survey.opened_at is not null
), marked as (
    select scored.*, case
        when not is_enough then 'too_few'
        when mean < (%(survey)s::jsonb ->> 'failed_below')::numeric then 'failed'
        when mean < (%(survey)s::jsonb ->> 'low_below')::numeric then 'low'
        else 'passed'
    end as mark
    from scored
)
select marked.subject, marked.estate, estate.name as estate_name, marked.opened_at, marked.closed_at, marked.item,
    marked.provider, unit.name as provider_name, marked.method, marked.form, marked.scores,
    round(marked.mean, 2) as mean, marked.mark, remedy.topic, remedy.change, remedy.to, remedy.authority,
    remedy.proposed_at, remedy.adopted_at,
    case
        when remedy.adopted_at is not null and remedy.change = 'provider' and unit.kind = 'property_company'
            and remedy.authority <> 'owners_vote' then 'no_owners_vote'
        when remedy.adopted_at is not null and marked.mark = 'too_few' then 'too_few_cards'
    end as flag,
    next.subject as next_survey, round(next.mean, 2) as next_mean,
    case when remedy.adopted_at < next.opened_at and marked.is_enough and next.is_enough
        then round(next.mean - marked.mean, 2) end as effect
from marked
left join entity_place estate on estate.subject = marked.estate
left join entity_unit unit on unit.subject = marked.provider collate "C"
left join lateral (
    select one.* from jsonb_to_recordset(marked.remedies) as one (
        item text, topic text, change text, "to" text, authority text, proposed_at timestamptz, adopted_at timestamptz
    ) where one.item = marked.item
) remedy on true
left join lateral (
    select other.subject, other.opened_at, other.mean, other.is_enough
    from scored other
    where other.estate = marked.estate and other.item = marked.item
      and other.opened_at > greatest(marked.opened_at, remedy.adopted_at)
    order by other.opened_at, other.subject
    limit 1
) next on true
where (%(place)s::text is null or marked.estate in (select below.place from place_subtree(%(place)s) below))
  and (%(unit)s::text is null or marked.provider = %(unit)s)
  and (%(starts)s::timestamptz is null or marked.opened_at >= %(starts)s and marked.opened_at < %(ends)s)
order by marked.opened_at desc, marked.subject, marked.item collate "C"
limit %(rows)s
