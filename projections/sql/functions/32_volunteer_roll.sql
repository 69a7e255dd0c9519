-- 志愿服务 tallies from one day to another, with what one act, one credit leaves of each person's services.
--
-- parameters  rule credit
-- grouped_by  person, team, unit or place
--
-- For a person or unit, credited minutes and points hold every kind of confirmed service, not acts alone; for teams and
-- places they are null. A service that names no unit is its person's unit's.
create function volunteer_roll(parameters jsonb, grouped_by text, from_day date, to_day date)
returns table (
    holder text, acts bigint, confirmed bigint, refused bigint, confirmed_minutes bigint, beneficiaries bigint,
    credited_minutes bigint, points numeric
)
language sql stable set search_path from current as $$
    with tallied as (
        select by_person.person as holder, by_person.day, by_person.acts, by_person.confirmed, by_person.refused,
            by_person.confirmed_minutes, null::bigint as beneficiaries
        from tally_volunteer_person by_person where grouped_by = 'person'
        union all
        select by_team.team, by_team.day, by_team.acts, by_team.confirmed, by_team.refused, by_team.confirmed_minutes, null
        from tally_volunteer_team by_team where grouped_by = 'team'
        union all
        select by_unit.unit, by_unit.day, by_unit.acts, by_unit.confirmed, by_unit.refused, by_unit.confirmed_minutes, null
        from tally_volunteer_unit by_unit where grouped_by = 'unit'
        union all
        select by_place.place, by_place.day, by_place.acts, by_place.confirmed, by_place.refused,
            by_place.confirmed_minutes, by_place.beneficiaries
        from tally_volunteer_day by_place where grouped_by = 'place'
    ), summed as (
        select tallied.holder, sum(tallied.acts)::bigint as acts, sum(tallied.confirmed)::bigint as confirmed,
            sum(tallied.refused)::bigint as refused, sum(tallied.confirmed_minutes)::bigint as confirmed_minutes,
            sum(tallied.beneficiaries)::bigint as beneficiaries
        from tallied
        where tallied.day between from_day and to_day
        group by tallied.holder
    ), credit as (
        select case grouped_by when 'person' then credited.person else coalesce(credited.unit, person.unit) end as holder,
            sum(credited.minutes)::bigint as minutes, round(sum(credited.points), 2) as points
        from credited(parameters, from_day, to_day) credited
        left join entity_person person on person.subject = credited.person
        where grouped_by in ('person', 'unit') and credited.is_credited
        group by 1
    )
    select coalesce(summed.holder, credit.holder), coalesce(summed.acts, 0), coalesce(summed.confirmed, 0),
        coalesce(summed.refused, 0), coalesce(summed.confirmed_minutes, 0), summed.beneficiaries,
        case when grouped_by in ('person', 'unit') then coalesce(credit.minutes, 0) end,
        case when grouped_by in ('person', 'unit') then coalesce(credit.points, 0) end
    from summed full join credit on credit.holder = summed.holder
    where coalesce(summed.holder, credit.holder) is not null
    order by 1
$$;
