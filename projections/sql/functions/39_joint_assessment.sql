-- 协同考核, what towns and communities gave each unit, quarter by quarter.
--
-- parameters  rule unit_assessment
-- as_of       a quarter that ends later is not closed yet
--
-- Tier points = 100 × Σ points / Σ max, over all towns together; several communities are weighted by the whistles of
-- the quarter's cases there that called the unit, alike where there were none. Bonus and deduction stand apart, in
-- points. Every unit and quarter has two rows: with contested items, and without those that nobody has ruled on.
create function joint_assessment(parameters jsonb, month_from date, month_to date, as_of timestamptz)
returns table (
    unit text, quarter date, is_uncontested boolean, is_closed boolean, town numeric, community numeric, joint numeric,
    bonus numeric, deduction numeric, contested bigint
)
language sql stable set search_path from current as $$
    with period as (
        select date_trunc('quarter', month_from::timestamp)::date as first,
            (date_trunc('quarter', month_to::timestamp) + interval '3 months')::date as ends
    ), given as (
        select tally.unit, date_trunc('quarter', tally.day::timestamp)::date as quarter, variant.is_uncontested,
            tally.tier, tally.kind, tally.place,
            tally.points - case when variant.is_uncontested then tally.contested_points else 0 end as points,
            tally.most - case when variant.is_uncontested then tally.contested_most else 0 end as most,
            tally.contested
        from tally_assessment_day tally
        cross join period
        cross join (values (false), (true)) variant (is_uncontested)
        where tally.day >= period.first and tally.day < period.ends
    ), whistled as (
        select owed.unit, level.holder as community,
            date_trunc('quarter', owed.began at time zone 'Asia/Shanghai')::date as quarter, count(*) as whistles
        from entity_case cases
        cross join period
        cross join lateral jsonb_to_recordset(cases.obligations) as owed (unit text, began timestamptz)
        join place_at_level('community') level on level.place = coalesce(cases.grid, cases.place)
        where cases.whistled_at is not null
          and jsonb_path_exists(cases.obligations, '$[*].began ? (@ >= $since && @ < $until)', (
                select told_between(shanghai_midnight(period.first), shanghai_midnight(period.ends)) from period))
          and owed.began >= shanghai_midnight(period.first) and owed.began < shanghai_midnight(period.ends)
        group by 1, 2, 3
    ), by_community as (
        select given.unit, given.quarter, given.is_uncontested,
            sum(given.points) / nullif(sum(given.most), 0) as share, coalesce(max(whistled.whistles), 0) as whistles
        from given
        left join whistled on whistled.unit = given.unit and whistled.quarter = given.quarter
            and whistled.community = given.place
        where given.tier = 'community' and given.kind = 'points'
        group by given.unit, given.quarter, given.is_uncontested, given.place
    ), community as (
        select unit, quarter, is_uncontested,
            coalesce(sum(share * whistles) / nullif(sum(whistles) filter (where share is not null), 0), avg(share)) as share
        from by_community group by unit, quarter, is_uncontested
    ), summed as (
        select given.unit, given.quarter, given.is_uncontested,
            sum(given.points) filter (where given.tier = 'town' and given.kind = 'points')
                / nullif(sum(given.most) filter (where given.tier = 'town' and given.kind = 'points'), 0) as town,
            coalesce(sum(given.points) filter (where given.kind = 'bonus'), 0) / 100 as bonus,
            coalesce(sum(given.points) filter (where given.kind = 'deduction'), 0) / 100 as deduction,
            sum(given.contested)::bigint as contested
        from given group by given.unit, given.quarter, given.is_uncontested
    )
    select summed.unit, summed.quarter, summed.is_uncontested,
        as_of >= shanghai_midnight((summed.quarter + interval '3 months')::date),
        round(100 * summed.town, 2), round(100 * community.share, 2),
        round((parameters -> 'joint' ->> 'town')::numeric * summed.town
            + (parameters -> 'joint' ->> 'community')::numeric * community.share, 2),
        round(summed.bonus, 2), round(summed.deduction, 2), summed.contested
    from summed
    left join community using (unit, quarter, is_uncontested)
    order by 1, 2, 3
$$;
