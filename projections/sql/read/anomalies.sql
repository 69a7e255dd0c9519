-- Events that made no sense where they came, with their position in the ledger.
select anomaly.subject, anomaly.event, anomaly.reason, anomaly.partition, anomaly.ledger_offset as offset
from anomaly
where (%(subject)s::text is null or anomaly.subject = %(subject)s)
  and (%(family)s::text is null or anomaly.subject like %(family)s || '/%%')
  and (%(reason)s::text is null or anomaly.reason = %(reason)s)
order by anomaly.partition, anomaly.ledger_offset
limit %(rows)s
