-- Volunteer tallies of persons, teams, units or places, the most confirmed time first.
select tally.holder as subject, coalesce(team.name, unit.name, place.name) as name,
    coalesce(team.formed_at, unit.registered_at, place.registered_at, person.registered_at) is not null as is_registered,
    tally.acts, tally.confirmed, tally.refused, tally.confirmed_minutes, tally.beneficiaries, tally.credited_minutes,
    tally.points
from volunteer_roll(%(credit)s, %(by)s, %(first)s, %(last)s) tally
left join entity_team team on team.subject = tally.holder
left join entity_unit unit on unit.subject = tally.holder
left join entity_place place on place.subject = tally.holder
left join entity_person person on person.subject = tally.holder
where (%(person)s::text is null or tally.holder = %(person)s)
  and (%(unit)s::text is null or coalesce(person.unit, unit.subject) = %(unit)s)
  and (%(place)s::text is null
       or coalesce(place.subject, team.place, person.community)
            in (select below.place from place_subtree(%(place)s) below))
order by coalesce(tally.credited_minutes, tally.confirmed_minutes) desc, tally.holder
limit %(rows)s
