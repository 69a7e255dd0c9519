-- The event index: which records of the ledger counted, and where they stand. Newest of each partition first.
select event.subject, split_part(event.subject, '/', 1) collate "C" as family, event.partition,
    event.ledger_offset as offset, event.unfolded as is_unfolded
from shanzhi.event_index event
join position on position.partition = event.partition and event.ledger_offset < position.next
where (%(subject)s::text is null or event.subject = %(subject)s)
order by event.ledger_offset desc, event.partition
limit %(rows)s
