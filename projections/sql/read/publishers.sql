-- Publishers by how long they have been silent: those who broke their rhythm first.
select freshness.* from publisher_freshness(%(as_of)s) freshness
order by freshness.is_missed desc, freshness.newest_time nulls first, freshness.subject
limit %(rows)s
