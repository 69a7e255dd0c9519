-- One act, one credit 一事一记: which confirmed services of a person count, from one day to another, and for how much.
--
-- parameters  rule credit
--
-- Greedy, in the order of kind, beginning and subject: a service that tells the same deed as a credited one of
-- that person gets none (`reason` same_deed), nor does one that overlaps it in time (overlap). Services that began
-- up to `lookback_days` before are compared too. A deed is named by its `act`, or by its own subject. `unit` is the
-- one that the service names. A visit is a person's own word: it takes its place, and earns hours only where the rule
-- says so.
create function credited(parameters jsonb, from_day date, to_day date)
returns table (
    subject text, kind text, person text, unit text, began timestamptz, minutes bigint, points numeric,
    is_credited boolean, reason text
)
language sql stable set search_path from current as $$
    with told (subject, kind, person, unit, began, ended, deed) as (
        select orders.subject, 'order', helper.person, orders.unit, orders.began, orders.ended,
            coalesce(orders.same_act, orders.subject)
        from entity_order orders, jsonb_array_elements_text(orders.persons) helper (person)
        where orders.solved and orders.supervised_ok
        union all
        select duty.subject, 'duty', duty.party, duty.unit, duty.began, duty.ended,
            coalesce(duty.same_act, duty.subject)
        from entity_duty duty
        where duty.served_at is not null and duty.confirmed_at is not null
        union all
        select wish.subject, 'wish', helper.person, case when wish.claimed_by like 'unit/%' then wish.claimed_by end,
            wish.began, wish.ended, coalesce(wish.same_act, wish.subject)
        from entity_wish wish, jsonb_array_elements_text(wish.persons) helper (person)
        where wish.granted_at is not null and wish.confirmed_at is not null
        union all
        select act.subject, 'act', helper.person, act.unit, act.began, act.ended, coalesce(act.same_act, act.subject)
        from entity_act act, jsonb_array_elements_text(act.persons) helper (person)
        where act.confirmed_at is not null
        union all
        select visit.subject, 'visit', visit.person, null, visit.began, visit.ended,
            coalesce(visit.same_act, visit.subject)
        from entity_visit visit
        where visit.person is not null
    ), ordered as (
        select order_of.value as kind, order_of.number
        from jsonb_array_elements_text(parameters -> 'order') with ordinality order_of (value, number)
    ), compared as (  -- spans that overlap in time begin before the last of those before has ended
        select told.*, ordered.number, row_number() over () as id, told.began < told.ended as is_span,
            count(*) over (partition by told.person, told.deed) > 1 as is_told_twice,
            max(told.ended) over (spans rows between unbounded preceding and 1 preceding) as ended_before,
            lead(told.began) over spans as begins_after
        from told join ordered using (kind)
        where told.began >= shanghai_midnight(from_day) - make_interval(days => (parameters ->> 'lookback_days')::int)
          and told.began < shanghai_midnight(to_day + 1)
        window spans as (partition by told.person, told.began < told.ended order by told.began)
    ), served as materialized (  -- most stand alone: only of the others one may lose to another
        select compared.*, is_told_twice
            or coalesce(is_span and (ended_before > began or begins_after < ended), false) as is_contested
        from compared
    ), contested as materialized (
        select served.id, served.person, served.deed, served.began, served.ended,
            row_number() over (order by served.person collate "C", served.number, served.began,
                served.subject collate "C") as place
        from served where served.is_contested
    ), judged as materialized (
        select credit_reasons(array_agg(person order by place), array_agg(deed order by place),
            array_agg(began order by place), array_agg(ended order by place)) as reasons
        from contested
    ), credit as (
        select served.*, (select judged.reasons from judged)[contested.place] as reason,
            greatest(floor(extract(epoch from served.ended - served.began) / 60), 0)::bigint as minutes
        from served
        left join contested on contested.id = served.id
    )
    select credit.subject, credit.kind, credit.person, credit.unit, credit.began, credit.minutes,
        case
            when credit.reason is not null then 0
            when credit.kind = 'wish' then (parameters ->> 'points_per_wish')::numeric
            when parameters -> 'hours_count_of' ? credit.kind
                then credit.minutes * (parameters ->> 'points_per_hour')::numeric / 60
            else 0
        end,
        credit.reason is null, credit.reason
    from credit
    where credit.began >= shanghai_midnight(from_day)
$$;
