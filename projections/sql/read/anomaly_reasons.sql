-- How often which contradiction came, the commonest first.
select counted.*
from (
    select split_part(anomaly.subject, '/', 1) collate "C" as family, anomaly.event collate "C" as event,
        anomaly.reason collate "C" as reason, count(*) as events, count(distinct anomaly.subject) as subjects
    from anomaly
    where (%(family)s::text is null or anomaly.subject like %(family)s || '/%%')
    group by 1, 2, 3
) counted
order by counted.events desc, counted.family, counted.event, counted.reason
limit %(rows)s
