-- 在职党员双报到、双服务 by unit or community, from one month to another.
--
-- parameters  rule unit_assessment
-- credit      rule credit
-- grouped_by  unit or community
--
-- Members are the in-service members of the registry who were there in those months; one has reported who did so
-- before they ended. Services count in the month in which they began, for the unit and community that they name.
-- `credited_minutes` are the confirmed ones that one act, one credit leaves; the target is theirs to reach.
create function duty_roll(parameters jsonb, credit jsonb, grouped_by text, month_from date, month_to date)
returns table (
    holder text, members bigint, reported bigint, services bigint, confirmed bigint, refused bigint,
    confirmed_minutes bigint, credited_minutes bigint, beneficiaries bigint, target_minutes bigint
)
language sql stable set search_path from current as $$
    with period as (
        select shanghai_midnight(month_from) as starts,
            shanghai_midnight((month_to + interval '1 month')::date) as ends,
            (month_to + interval '1 month')::date - 1 as last_day,
            (extract(year from age(month_to, month_from)) * 12 + extract(month from age(month_to, month_from)) + 1)::int
                as months
    ), member as (
        select case grouped_by when 'unit' then person.unit else person.community end as holder,
            count(*) as members,
            count(*) filter (where person.subject in (  -- a filter's subquery is hashed, whatever the planner guesses
                select duty.party
                from entity_duty duty
                where duty.reported_at < (select period.ends from period) and duty.refused_at is null
                  and (parameters ->> 'reports_count' = 'not_refused' or duty.confirmed_at is not null)
            )) as reported
        from entity_person person
        cross join period
        where person.roles ? 'in_service_member'
          and person.merged_into is null
          and coalesce(person.registered_at, '-infinity') < period.ends
          and (person.left_at is null or person.left_at >= period.starts)
        group by 1
    ), service as (
        select case grouped_by when 'unit' then duty.unit else duty.community end as holder,
            count(*) as services,
            count(duty.confirmed_at) as confirmed,
            count(duty.refused_at) as refused,
            coalesce(sum(greatest(floor(extract(epoch from duty.ended - duty.began) / 60), 0))
                filter (where duty.confirmed_at is not null), 0)::bigint as confirmed_minutes,
            coalesce(sum(credited.minutes), 0)::bigint as credited_minutes,
            sum(duty.beneficiaries)::bigint as beneficiaries
        from entity_duty duty
        cross join period
        left join credited(credit, month_from, period.last_day) credited
            on credited.subject = duty.subject and credited.kind = 'duty' and credited.is_credited
        where duty.served_at is not null and duty.began >= period.starts and duty.began < period.ends
        group by 1
    )
    select coalesce(member.holder, service.holder), coalesce(member.members, 0), coalesce(member.reported, 0),
        coalesce(service.services, 0), coalesce(service.confirmed, 0), coalesce(service.refused, 0),
        coalesce(service.confirmed_minutes, 0), coalesce(service.credited_minutes, 0), coalesce(service.beneficiaries, 0),
        coalesce(member.members, 0) * period.months * (parameters ->> 'duty_minutes_each_month')::bigint
    from member full join service on service.holder = member.holder cross join period
    where coalesce(member.holder, service.holder) is not null
    order by 1
$$;
