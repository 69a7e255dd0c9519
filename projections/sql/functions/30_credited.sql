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
language plpgsql stable set search_path from current as $$
declare
    service record;
    owner text;
    taken tstzmultirange;
    deeds text[];
    starts timestamptz := shanghai_midnight(from_day);
begin
    for service in
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
        )
        select told.*,
            greatest(floor(extract(epoch from told.ended - told.began) / 60), 0)::bigint as minutes
        from told join ordered using (kind)
        where told.began >= starts - make_interval(days => (parameters ->> 'lookback_days')::int)
          and told.began < shanghai_midnight(to_day + 1)
        order by told.person collate "C", ordered.number, told.began, told.subject collate "C"
    loop
        if service.person is distinct from owner then
            owner := service.person;
            taken := '{}';
            deeds := '{}';
        end if;
        reason := case
            when service.deed = any (deeds) then 'same_deed'
            when service.began < service.ended and tstzrange(service.began, service.ended) && taken then 'overlap'
        end;
        if reason is null then
            deeds := deeds || service.deed;
            if service.began < service.ended then
                taken := taken + tstzmultirange(tstzrange(service.began, service.ended));
            end if;
        end if;
        if service.began >= starts then
            subject := service.subject;
            kind := service.kind;
            person := service.person;
            unit := service.unit;
            began := service.began;
            minutes := service.minutes;
            is_credited := reason is null;
            points := case
                when not is_credited then 0
                when service.kind = 'wish' then (parameters ->> 'points_per_wish')::numeric
                when parameters -> 'hours_count_of' ? service.kind
                    then service.minutes * (parameters ->> 'points_per_hour')::numeric / 60
                else 0
            end;
            return next;
        end if;
    end loop;
end
$$;
