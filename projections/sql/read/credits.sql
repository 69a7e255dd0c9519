-- Every confirmed service of the period, person by person, with the credit that it got or why it got none.
select credited.subject, credited.kind, credited.person, coalesce(credited.unit, person.unit) as unit,
    unit.name as unit_name, credited.began, credited.minutes, credited.is_credited,
    round(credited.points, 2) as points, credited.reason
from credited(%(credit)s, %(first)s, %(last)s) credited
left join entity_person person on person.subject = credited.person
left join entity_unit unit on unit.subject = coalesce(credited.unit, person.unit)
where (%(person)s::text is null or credited.person = %(person)s)
  and (%(unit)s::text is null or coalesce(credited.unit, person.unit) = %(unit)s)
order by credited.began desc, credited.person, credited.subject
limit %(rows)s
