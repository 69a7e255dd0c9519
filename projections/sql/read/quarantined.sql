-- What was set aside instead of becoming an event, from the ledger and from the intake, the newest first.
select held.origin, held.partition, held.record_offset as offset, held.stamp, held.reason, held.code, held.pointer,
    held.publisher, decided.decision, decided.decided_at
from (
    select 'ledger' as origin, partition::integer, ledger_offset as record_offset, stamp, reason, null as code,
        null as pointer, null as publisher
    from shanzhi.quarantine
    union all
    select 'intake', partition, record_offset, stamp, reason, code, pointer, publisher from shanzhi.intake_quarantine
) held
left join lateral (
    select decision.decision, decision.decided_at
    from shanzhi.quarantine_decision decision
    where decision.origin = held.origin and decision.partition = held.partition
      and decision.record_offset = held.record_offset
    order by decision.id desc
    limit 1
) decided on true
where held.stamp <= %(as_of)s
  and (%(starts)s::timestamptz is null or held.stamp >= %(starts)s and held.stamp < %(ends)s)
order by held.stamp desc, held.origin, held.partition, held.record_offset desc
limit %(rows)s
