-- The three rates by place, the whole first: without excluded cases and with disputed ratings, the other ways beside.
select coalesce(rates.place, case when rates.is_overall then %(place)s end) as subject, rates.is_overall,
    max(place.name) as name,
    coalesce(bool_and(place.registered_at is not null), false) as is_registered, max(place.level) as level,
    max(rates.called) filter (where standard) as called, max(rates.valid) filter (where standard) as valid,
    max(rates.contacted) filter (where standard) as contacted, max(rates.resolved) filter (where standard) as resolved,
    max(rates.satisfied) filter (where standard) as satisfied, max(rates.fairly) filter (where standard) as fairly,
    max(rates.dissatisfied) filter (where standard) as dissatisfied,
    max(rates.response) filter (where standard) as response, max(rates.resolution) filter (where standard) as resolution,
    max(rates.satisfaction) filter (where standard) as satisfaction, max(rates.score) filter (where standard) as score,
    max(rates.score) filter (where rates.with_excluded and rates.with_disputed) as score_with_excluded,
    max(rates.score) filter (where not rates.with_excluded and not rates.with_disputed) as score_without_disputed,
    max(rates.score) filter (where rates.with_excluded and not rates.with_disputed)
        as score_with_excluded_without_disputed,
    max(rates.valid) filter (where rates.with_excluded and rates.with_disputed)
        - max(rates.valid) filter (where standard) as valid_excluded,
    max(rates.valid) filter (where standard)
        - max(rates.valid) filter (where not rates.with_excluded and not rates.with_disputed) as valid_disputed
from three_rates(%(three_rates)s, %(first)s, %(last)s, %(place)s, %(level)s) rates
cross join lateral (select not rates.with_excluded and rates.with_disputed) as variant (standard)
left join entity_place place on place.subject = case when rates.is_overall then %(place)s else rates.place end
group by rates.place, rates.is_overall
order by rates.is_overall desc, rates.place
limit %(rows)s
