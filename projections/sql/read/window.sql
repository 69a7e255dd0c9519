-- The window board: queries and applications of the days from one to another, by item or by community.
with inside as (
    select below.place from place_subtree(%(place)s) below
), offered as (
    select distinct on (service.item) service.item, service.name, service.department, service.kind,
        service.promised_working_days
    from entity_service service where service.offered_at is not null
    order by service.item, service.offered_at desc, service.subject
), asked as (
    select case %(by)s when 'item' then tally.item else tally.place end as holder, sum(tally.queried)::bigint as queried
    from tally_service_day tally
    where tally.day between %(first)s and %(last)s
      and (%(place)s::text is null or tally.place in (select inside.place from inside))
    group by 1
), filed as (
    select case %(by)s when 'item' then application.item else application.community end as holder, application.*,
        is_in_time(
            application.decided_at,
            working_days_after(
                application.accepted_at, coalesce(application.promised_working_days, offered.promised_working_days)::int),
            application.accepted_at, application.pauses, %(as_of)s, null
        ) as in_time
    from entity_application application
    left join offered on offered.item = application.item
    where application.filed_at >= %(starts)s and application.filed_at < %(ends)s
      and (%(place)s::text is null or application.community in (select inside.place from inside))
), applied as (
    select filed.holder, count(*) as filed, count(filed.accepted_at) as accepted,
        count(*) filter (where filed.returns > 0) as returned, count(filed.decided_at) as decided,
        count(*) filter (where filed.granted) as granted, count(filed.delivered_at) as delivered,
        count(*) filter (where filed.in_time) as in_time, count(filed.in_time) as judged,
        count(*) filter (where filed.channel = 'app') as online
    from filed group by filed.holder
), listed as (
    select offered.item as holder from offered where %(by)s = 'item'
    union select asked.holder from asked
    union select applied.holder from applied
)
select listed.holder as subject, coalesce(offered.name, place.name) as name,
    case %(by)s when 'item' then offered.item is not null end as is_offered,
    offered.department, offered.kind, offered.promised_working_days,
    coalesce(asked.queried, 0) as queried, coalesce(applied.filed, 0) as filed,
    coalesce(applied.accepted, 0) as accepted, coalesce(applied.returned, 0) as returned,
    coalesce(applied.decided, 0) as decided, coalesce(applied.granted, 0) as granted,
    coalesce(applied.delivered, 0) as delivered, coalesce(applied.in_time, 0) as in_time,
    coalesce(applied.judged, 0) as judged,
    round(applied.in_time::numeric / nullif(applied.judged, 0), 4) as in_time_share,
    round(applied.online::numeric / nullif(applied.filed, 0), 4) as online_share
from listed
left join asked on asked.holder = listed.holder
left join applied on applied.holder = listed.holder
left join offered on %(by)s = 'item' and offered.item = listed.holder
left join entity_place place on place.subject = listed.holder
order by coalesce(applied.filed, 0) + coalesce(asked.queried, 0) desc, listed.holder
limit %(rows)s
