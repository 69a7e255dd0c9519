-- Duty roll and volunteer tallies of units or communities.
with roll as (
    select * from duty_roll(%(unit_assessment)s, %(credit)s, %(by)s, %(first)s, %(last_month)s)
), act as (
    select case %(by)s when 'unit' then tally.holder else coalesce(level.holder, tally.holder) end as holder,
        sum(tally.acts)::bigint as acts, sum(tally.confirmed)::bigint as confirmed,
        sum(tally.confirmed_minutes)::bigint as minutes
    from (
        select unit as holder, acts, confirmed, confirmed_minutes from tally_volunteer_unit
        where %(by)s = 'unit' and day between %(first)s and %(last)s
        union all
        select place, acts, confirmed, confirmed_minutes from tally_volunteer_day
        where %(by)s = 'community' and day between %(first)s and %(last)s
    ) tally
    left join place_at_level('community') level on level.place = tally.holder
    group by 1
), listed as (
    select roll.holder from roll
    union select act.holder from act
    union select subject from entity_unit where %(by)s = 'unit'
    union select subject from entity_place where %(by)s = 'community' and level = 'community'
)
select listed.holder as subject, coalesce(unit.name, place.name) as name,
    coalesce(unit.registered_at, place.registered_at) is not null as is_registered,
    coalesce(roll.members, 0) as members, coalesce(roll.reported, 0) as reported,
    round(roll.reported::numeric / nullif(roll.members, 0), 6) as reported_share,
    coalesce(roll.services, 0) as services, coalesce(roll.confirmed, 0) as confirmed, coalesce(roll.refused, 0) as refused,
    coalesce(roll.confirmed_minutes, 0) as confirmed_minutes, coalesce(roll.credited_minutes, 0) as credited_minutes,
    coalesce(roll.target_minutes, 0) as target_minutes,
    round(roll.credited_minutes::numeric / nullif(roll.target_minutes, 0), 6) as target_share,
    coalesce(roll.beneficiaries, 0) as beneficiaries,
    coalesce(act.acts, 0) as acts, coalesce(act.confirmed, 0) as acts_confirmed, coalesce(act.minutes, 0) as act_minutes
from listed
left join roll on roll.holder = listed.holder
left join act on act.holder = listed.holder
left join entity_unit unit on unit.subject = listed.holder
left join entity_place place on place.subject = listed.holder
where (%(unit)s::text is null or listed.holder = %(unit)s)
  and (%(place)s::text is null
       or listed.holder in (select below.place from place_subtree(%(place)s) below)
       or exists (
            select from jsonb_array_elements(unit.pairings) pairing
            where pairing ->> 'community' in (select below.place from place_subtree(%(place)s) below)))
order by listed.holder
limit %(rows)s
