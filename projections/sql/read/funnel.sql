-- What became of the cases that were discovered in the period, by place: the seven steps and two branches.
with held as (
    select coalesce(level.holder, tally.place) as holder, tally.*
    from tally_case_day tally left join place_at_level(%(level)s) level on level.place = tally.place
    where tally.day between %(first)s and %(last)s
      and (%(place)s::text is null or tally.place in (select below.place from place_subtree(%(place)s) below))
), summed as (
    select held.holder, grouping(held.holder) = 1 as is_overall,
        coalesce(sum(held.discovered), 0)::bigint as discovered, coalesce(sum(held.dispatched), 0)::bigint as dispatched,
        coalesce(sum(held.accepted), 0)::bigint as accepted, coalesce(sum(held.whistled), 0)::bigint as whistled,
        coalesce(sum(held.handled), 0)::bigint as handled,
        coalesce(sum(held.handled_in_grid), 0)::bigint as handled_in_grid, coalesce(sum(held.done), 0)::bigint as done,
        coalesce(sum(held.replied), 0)::bigint as replied, coalesce(sum(held.rated), 0)::bigint as rated,
        coalesce(sum(held.satisfied), 0)::bigint as satisfied,
        round(sum(held.satisfied) / nullif(sum(held.rated), 0), 6) as satisfied_share,
        coalesce(sum(held.looked_up), 0)::bigint as looked_up, coalesce(sum(held.reopened), 0)::bigint as reopened,
        coalesce(sum(held.withdrawn), 0)::bigint as withdrawn
    from held
    group by grouping sets ((held.holder), ())
)
select place.subject is not null and place.registered_at is not null as is_registered, place.name, place.level,
    coalesce(summed.holder, %(place)s) as subject, summed.*
from summed left join entity_place place on place.subject = coalesce(summed.holder, %(place)s)
order by summed.is_overall desc, summed.holder
limit %(rows)s
