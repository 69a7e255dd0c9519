"""The clock: of several equal processes one reads the deadlines of the tables and tells what ran out.

What passes through here: deadlines in (`scan`), the version of the rule that held when each began (`rulebook`), events
out (`told`), in their final bytes into the outbox. It tells only what the tables can know (`horizon`).
"""
