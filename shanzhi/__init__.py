"""Where everything is put together: settings from the environment, logging, the embedded Kafka and PostgreSQL
(`stack`), the worker processes and who watches over them, and the commands of the terminal (`cli`).

What passes through here is addresses, keys and processes, never the content of an event: that is checked in
`producers`, folded in `projections` and applied in `processors`.
"""
