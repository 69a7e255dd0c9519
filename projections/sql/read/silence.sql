-- Publishers by day, the newest day first: what they sent, or that they sent nothing.
select days.* from publisher_days(%(first)s, %(last)s, %(as_of)s) days
where (%(subject)s::text is null or days.subject = %(subject)s)
order by days.day desc, days.subject
limit %(rows)s
