-- The survey board: every item with its mean and mark, its remedy, and what the next survey of that estate says of it.
with scored as materialized (
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
), asked as (
    select scored.*
    from scored
    where (%(place)s::text is null or scored.estate in (select below.place from place_subtree(%(place)s) below))
      and (%(unit)s::text is null or scored.provider = %(unit)s)
      and (%(starts)s::timestamptz is null or scored.opened_at >= %(starts)s and scored.opened_at < %(ends)s)
    order by scored.opened_at desc, scored.subject, scored.item collate "C"
    limit %(rows)s
), marked as materialized (
    select asked.*, remedy.topic, remedy.change, remedy.to, remedy.authority, remedy.proposed_at, remedy.adopted_at,
        case
            when not asked.is_enough then 'too_few'
            when asked.mean < (%(survey)s::jsonb ->> 'failed_below')::numeric then 'failed'
            when asked.mean < (%(survey)s::jsonb ->> 'low_below')::numeric then 'low'
            else 'passed'
        end as mark
    from asked
    left join lateral (
        select one.* from jsonb_to_recordset(asked.remedies) as one (
            item text, topic text, change text, "to" text, authority text, proposed_at timestamptz, adopted_at timestamptz
        ) where one.item = asked.item
    ) remedy on true
), following as (
    select distinct on (marked.subject, marked.item) marked.subject as before, marked.item, other.subject,
        other.opened_at, other.mean, other.is_enough
    from marked
    join scored other on other.estate = marked.estate and other.item = marked.item
        and other.opened_at > greatest(marked.opened_at, marked.adopted_at)
    order by marked.subject, marked.item, other.opened_at, other.subject
)
select marked.subject, marked.estate, estate.name as estate_name, marked.opened_at, marked.closed_at, marked.item,
    marked.provider, unit.name as provider_name, marked.method, marked.form, marked.scores,
    round(marked.mean, 2) as mean, marked.mark, marked.topic, marked.change, marked.to, marked.authority,
    marked.proposed_at, marked.adopted_at,
    case
        when marked.adopted_at is not null and marked.change = 'provider' and unit.kind = 'property_company'
            and marked.authority <> 'owners_vote' then 'no_owners_vote'
        when marked.adopted_at is not null and marked.mark = 'too_few' then 'too_few_cards'
    end as flag,
    following.subject as next_survey, round(following.mean, 2) as next_mean,
    case when marked.adopted_at < following.opened_at and marked.is_enough and following.is_enough
        then round(following.mean - marked.mean, 2) end as effect
from marked
left join entity_place estate on estate.subject = marked.estate
left join entity_unit unit on unit.subject = marked.provider collate "C"
left join following on following.before = marked.subject and following.item = marked.item
order by marked.opened_at desc, marked.subject, marked.item collate "C"
limit %(rows)s
