-- Who takes part: members of the alliance, of councils, of conferences; each person once in each row, whatever the ways.
with told as (
    select 'alliance' as way, category, person.subject as person
    from entity_person person
    cross join lateral jsonb_array_elements_text(person.alliance) category
    where person.alliance <> '[]' and category <> 'unit' and person.left_at is null
      and (%(place)s::text is null or person.community in (select below.place from place_subtree(%(place)s) below))
      and (%(starts)s::timestamptz is null or person.alliance_at >= %(starts)s and person.alliance_at < %(ends)s)
    union all
    select 'council', seat.role, seat.person
    from tally_council_seat seat
    where seat.seated > 0
      and (%(place)s::text is null or seat.community in (select below.place from place_subtree(%(place)s) below))
    union all
    select 'conference', conference.kind, one.person collate "C"
    from entity_conference conference
    cross join lateral jsonb_array_elements_text(conference.participants) one (person)
    where conference.convened_at is not null
      and (%(place)s::text is null or conference.place in (select below.place from place_subtree(%(place)s) below))
      and (%(starts)s::timestamptz is null or conference.held_at >= %(starts)s and conference.held_at < %(ends)s)
), known as (
    select told.way, told.category, coalesce(person.merged_into, told.person) as person
    from told left join entity_person person on person.subject = told.person
), summed as (
    select grouping(way) = 1 as is_overall, way, category, count(distinct person) as persons
    from known group by grouping sets ((), (way), (way, category))
)
select * from summed order by is_overall desc, way, category nulls first
limit %(rows)s
