-- 驻区单位协同考核 (ongoing), from one month to another: what each unit owed, did, and has to show for it.
--
-- parameters  rule unit_assessment
-- credit      rule credit
-- as_of       what is not yet due at this time is neither in time nor late
--
-- An obligation belongs to the month in which its whistle blew. A unit that leads answers for the case (resolved
-- until reopened, the resident's last valid word); an assistant for its own handling. Contested: the unit disputes
-- jurisdiction or a deadline, or the rating is disputed, and nobody has ruled; `total` counts it, `total_uncontested`
-- leaves it out. What was upheld counts in neither. An indicator with nothing to measure gives its weight to the
-- others; `is_ranked` if enough weight was measured. A contract's item is owed from its signing, an order from its
-- taking: in time is what was delivered, or done and not found wanting, by its due.
create function unit_assessment(parameters jsonb, credit jsonb, month_from date, month_to date, as_of timestamptz)
returns table (
    unit text, indicators jsonb, contested bigint, measured_weight numeric, total numeric, total_uncontested numeric,
    is_ranked boolean
)
language sql stable set search_path from current as $$
    with owed as (
        select cases.subject, owed.unit, owed.part, owed.handled_at,
            is_in_time(owed.reported_at, owed.report_due, owed.began, cases.pauses, as_of, ended.at)
                as is_reported_in_time,
            is_in_time(owed.handled_at, owed.handle_due, owed.began, cases.pauses, as_of, ended.at)
                as is_handled_in_time,
            coalesce(owed.resolved, false) and not (
                owed.part = 'lead' and cases.handled_at is null and coalesce(cases.reopened_at > owed.handled_at, false)
            ) as is_resolved,
            case when owed.part = 'lead' and cases.excluded_at is null and cases.ratings <> '[]'
                then last_answer(cases.ratings, parameters -> 'rated_by') end as answer,
            cases.disputes,
            row_number() over (
                partition by cases.subject, owed.unit, owed.part order by owed.began desc, owed.whistle collate "C" desc
            ) = 1 as is_last
        from entity_case cases
        cross join lateral jsonb_to_recordset(cases.obligations) as owed (
            whistle text, unit text, part text, began timestamptz, report_due timestamptz, handle_due timestamptz,
            reported_at timestamptz, handled_at timestamptz, resolved boolean
        )
        cross join lateral (select least(cases.refused_at, cases.merged_at, cases.withdrawn_at) as at) ended
        where cases.whistled_at is not null
          and jsonb_path_exists(cases.obligations, '$[*].began ? (@ >= $since && @ < $until)', (
                select told_between(shanghai_midnight(month_from),
                    shanghai_midnight((month_to + interval '1 month')::date))))
          and owed.began >= shanghai_midnight(month_from)
          and owed.began < shanghai_midnight((month_to + interval '1 month')::date)
    ), judged as (
        select owed.*,
            coalesce(ruling.is_released, false) as is_released,
            coalesce(ruling.is_untimed, false) as is_untimed,
            coalesce(ruling.is_struck, false) as is_struck,
            coalesce(ruling.is_contested, false) as is_contested,
            coalesce(ruling.is_rating_contested, false) as is_rating_contested
        from owed
        left join lateral (
            select bool_or(by_unit and about = 'jurisdiction' and upheld) as is_released,
                bool_or(by_unit and about = 'deadline' and upheld) as is_untimed,
                bool_or(of_answer and upheld) as is_struck,
                bool_or(by_unit and about in ('jurisdiction', 'deadline') and upheld is null) as is_contested,
                bool_or(of_answer and upheld is null) as is_rating_contested
            from (
                select dispute.about, dispute.upheld, dispute.by = owed.unit as by_unit,
                    dispute.about = 'rating' and dispute.at >= (owed.answer ->> 'at')::timestamptz as of_answer
                from jsonb_to_recordset(owed.disputes) as dispute (by text, about text, at timestamptz, upheld boolean)
            ) told
        ) ruling on owed.disputes <> '[]'
    ), weighed as materialized (
        select judged.*,
            case
                when judged.part = 'lead' and judged.is_last and not judged.is_struck
                    then worth(judged.answer ->> 'satisfaction', parameters -> 'fairly_worth')
                when judged.part = 'assist' and judged.handled_at is not null then judged.is_resolved::int
            end as worth
        from judged
        where not judged.is_released
    ), variant (is_uncontested) as (
        values (false), (true)
    ), counted as (
        select weighed.unit, variant.is_uncontested,
            count(*) filter (where weighed.is_contested or weighed.is_rating_contested) as contested,
            count(*) filter (where timed and weighed.is_reported_in_time) as reported,
            count(weighed.is_reported_in_time) filter (where timed) as reported_of,
            count(*) filter (where timed and weighed.is_handled_in_time and weighed.is_resolved) as handled,
            count(weighed.is_handled_in_time) filter (where timed) as handled_of,
            sum(weighed.worth) filter (where rated) as worth,
            count(weighed.worth) filter (where rated) as worth_of
        from weighed
        cross join variant
        cross join lateral (
            select not weighed.is_untimed and not (variant.is_uncontested and weighed.is_contested) as timed,
                not (variant.is_uncontested and (weighed.is_contested or weighed.is_rating_contested)) as rated
        ) flags
        group by weighed.unit, variant.is_uncontested
    ), roll as (
        select duty.* from duty_roll(parameters, credit, 'unit', month_from, month_to) duty
    ), promised as (
        select contract.unit, is_in_time(
            case when item.accepted_at is not null or item.refused_at is null
                then coalesce(item.delivered_at, item.accepted_at) end,
            item.due, contract.signed_at, '[]', as_of, contract.ended_at) as is_delivered
        from entity_contract contract
        cross join lateral jsonb_to_recordset(contract.items) as item (
            due timestamptz, delivered_at timestamptz, accepted_at timestamptz, refused_at timestamptz
        )
        where contract.unit is not null
          and contract.signed_at >= shanghai_midnight(month_from)
          and contract.signed_at < shanghai_midnight((month_to + interval '1 month')::date)
        union all
        select orders.unit, is_in_time(
            case when orders.solved and orders.supervised_ok is not false then orders.done_at end,
            orders.due, orders.taken_at, '[]', as_of, null)
        from entity_order orders
        where orders.unit is not null
          and orders.taken_at >= shanghai_midnight(month_from)
          and orders.taken_at < shanghai_midnight((month_to + interval '1 month')::date)
    ), delivered as (
        select promised.unit, count(*) filter (where promised.is_delivered) as delivered,
            count(promised.is_delivered) as delivered_of
        from promised group by promised.unit
    ), listed as (
        select subject as unit from entity_unit
        union select counted.unit from counted
        union select roll.holder from roll
        union select delivered.unit from delivered
    ), indicator as (
        select listed.unit, variant.is_uncontested, counted.contested, line.number, line.name, line.weight,
            line.numerator, line.denominator, case when line.denominator > 0 then least(line.numerator / line.denominator, 1) end as share
        from listed
        cross join variant
        left join counted using (unit, is_uncontested)
        left join roll on roll.holder = listed.unit
        left join delivered on delivered.unit = listed.unit
        cross join (
            select (parameters -> 'weights' ->> 'duty')::numeric as weight,
                (parameters ->> 'duty_reporting_percent')::numeric / 100 as reporting
        ) duty
        cross join lateral (values
            (1, 'report', (parameters -> 'weights' ->> 'report')::numeric,
                counted.reported::numeric, counted.reported_of::numeric),
            (2, 'handle', (parameters -> 'weights' ->> 'handle')::numeric, counted.handled, counted.handled_of),
            (3, 'satisfaction', (parameters -> 'weights' ->> 'satisfaction')::numeric,
                counted.worth, counted.worth_of),
            (4, 'duty_reporting', duty.weight * duty.reporting, roll.reported, roll.members),
            (5, 'duty_service', duty.weight * (1 - duty.reporting), roll.credited_minutes, roll.target_minutes),
            (6, 'contracts', (parameters -> 'weights' ->> 'contracts')::numeric,
                delivered.delivered, delivered.delivered_of)
        ) line (number, name, weight, numerator, denominator)
    ), summed as (
        select indicator.unit, indicator.is_uncontested,
            coalesce(sum(indicator.weight) filter (where indicator.share is not null), 0) as measured,
            round(100 * sum(indicator.weight * indicator.share)
                / nullif(sum(indicator.weight) filter (where indicator.share is not null), 0), 2) as total
        from indicator group by indicator.unit, indicator.is_uncontested
    ), told as (
        select indicator.unit, max(coalesce(indicator.contested, 0)) as contested, jsonb_agg(jsonb_build_object(
            'indicator', indicator.name, 'numerator', coalesce(indicator.numerator, 0),
            'denominator', coalesce(indicator.denominator, 0), 'is_measured', indicator.share is not null,
            'weight', round(indicator.weight, 2), 'share', round(indicator.share, 6),
            'points', round(100 * indicator.weight * indicator.share / nullif(summed.measured, 0), 2),
            'points_of', case when indicator.share is not null
                then round(100 * indicator.weight / nullif(summed.measured, 0), 2) end
        ) order by indicator.number) as indicators
        from indicator join summed using (unit, is_uncontested)
        where not indicator.is_uncontested
        group by indicator.unit
    )
    select told.unit, told.indicators, told.contested, round(summed.measured, 2), summed.total, uncontested.total,
        summed.total is not null and summed.measured >= (parameters ->> 'least_measured_weight')::numeric
    from told
    join summed on summed.unit = told.unit and not summed.is_uncontested
    join summed uncontested on uncontested.unit = told.unit and uncontested.is_uncontested
    order by told.unit
$$;
