"""Ways out: the read API, the wall 一屏知社区, and the pages of those who do the work.

What passes through here: an HTTP request in, with the rights of a login; answers of `projections.read` and `audit`
out, as JSON, CSV, server-sent events or pages in Chinese and English. Nothing here writes a table of the county:
a form becomes an event that the gateway takes or refuses. Accounts and sessions are the one thing that is kept here.
"""
