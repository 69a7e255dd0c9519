-- The league of units from one month to another: the ongoing total, the joint score, and what both make.
--
-- parameters  rule unit_assessment
-- credit      rule credit
-- as_of       as for unit_assessment and joint_assessment
--
-- The joint score is the mean of the closed quarters that the months touch, of those that both tiers scored; without
-- one there is no final score. final = ongoing and joint as they are weighted, less the mean of the deductions, not
-- below 0; the bonus is shown apart. Contested points are counted in `total`, `joint` and `final`, and left out of
-- `…_uncontested`.
create function unit_league(parameters jsonb, credit jsonb, month_from date, month_to date, as_of timestamptz)
returns table (
    unit text, indicators jsonb, measured_weight numeric, is_ranked boolean, contested bigint,
    total numeric, total_uncontested numeric, rank bigint, grade text,
    quarters jsonb, joint numeric, joint_uncontested numeric, bonus numeric, deduction numeric,
    final numeric, final_uncontested numeric, final_rank bigint, final_grade text
)
language sql stable set search_path from current as $$
    with given as materialized (
        select * from joint_assessment(parameters, month_from, month_to, as_of)
    ), counted as (
        select given.unit, given.is_uncontested,
            round(avg(given.joint) filter (where given.is_closed), 2) as joint,
            round(avg(given.bonus) filter (where given.is_closed), 2) as bonus,
            round(avg(given.deduction) filter (where given.is_closed), 2) as deduction,
            sum(given.contested)::bigint as contested,
            jsonb_agg(jsonb_build_object(
                'quarter', to_char(given.quarter, 'YYYY"-Q"Q'), 'is_closed', given.is_closed, 'town', given.town,
                'community', given.community, 'joint', given.joint, 'bonus', given.bonus,
                'deduction', given.deduction, 'contested', given.contested
            ) order by given.quarter) as quarters
        from given group by given.unit, given.is_uncontested
    ), ongoing as (
        select * from unit_assessment(parameters, credit, month_from, month_to, as_of)
    ), merged as (
        select coalesce(ongoing.unit, counted.unit) as unit, coalesce(ongoing.indicators, '[]') as indicators,
            coalesce(ongoing.measured_weight, 0) as measured_weight, coalesce(ongoing.is_ranked, false) as is_ranked,
            coalesce(ongoing.contested, 0) + coalesce(counted.contested, 0) as contested,
            ongoing.total, ongoing.total_uncontested, coalesce(counted.quarters, '[]') as quarters,
            counted.joint, uncontested.joint as joint_uncontested, counted.bonus, counted.deduction,
            uncontested.deduction as deduction_uncontested
        from ongoing
        full join (select * from counted where not counted.is_uncontested) counted on counted.unit = ongoing.unit
        left join counted uncontested on uncontested.unit = counted.unit and uncontested.is_uncontested
    ), weighed as (
        select merged.*,
            case when merged.total is not null and merged.joint is not null then round(greatest(0,
                (part.ongoing * merged.total + part.joint * merged.joint) / 100 - merged.deduction), 2) end as final,
            case when merged.total_uncontested is not null and merged.joint_uncontested is not null then round(greatest(0,
                (part.ongoing * merged.total_uncontested + part.joint * merged.joint_uncontested) / 100
                - merged.deduction_uncontested), 2) end as final_uncontested
        from merged
        cross join (
            select (parameters -> 'final' ->> 'ongoing')::numeric as ongoing,
                (parameters -> 'final' ->> 'joint')::numeric as joint
        ) part
    ), ranked as (
        select weighed.*, weighed.is_ranked and weighed.final is not null as is_final from weighed
    )
    select ranked.unit, ranked.indicators, ranked.measured_weight, ranked.is_ranked, ranked.contested,
        ranked.total, ranked.total_uncontested,
        case when ranked.is_ranked then rank() over (partition by ranked.is_ranked order by ranked.total desc) end,
        case when ranked.is_ranked then unit_grade(parameters, ranked.total, ranked.indicators) end,
        ranked.quarters, ranked.joint, ranked.joint_uncontested, ranked.bonus, ranked.deduction,
        ranked.final, ranked.final_uncontested,
        case when ranked.is_final then rank() over (partition by ranked.is_final order by ranked.final desc) end,
        case when ranked.is_final then unit_grade(parameters, ranked.final, ranked.indicators) end
    from ranked
    order by ranked.is_final desc, case when ranked.is_final then ranked.final end desc,
        ranked.is_ranked desc, ranked.total desc nulls last, ranked.unit
$$;
