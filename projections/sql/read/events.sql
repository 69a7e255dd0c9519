-- The event index: which records of the ledger counted, and where they stand. Newest of each partition first.
select event.subject, split_part(event.subject, '/', 1) collate "C" as family, event.partition,
    event.ledger_offset as offset, event.unfolded as is_unfolded
from position
join shanzhi.index_position counts on counts.partition = position.partition
cross join lateral (
    select event.* from shanzhi.event_index event
    where event.partition = position.partition and event.ledger_offset < position.next
      and (%(subject)s::text is null or event.subject = %(subject)s)
      -- so far back there are as many events as are asked for, whatever repeats and garbage stand between them
      and (%(subject)s::text is not null
           or event.ledger_offset >= position.next - %(rows)s - counts.repeats - counts.quarantined - counts.gaps)
    order by event.ledger_offset desc
    limit %(rows)s
) event
order by event.ledger_offset desc, event.partition
limit %(rows)s
