"""The whole pipe in one thread: a log and tables in memory, and a seeded scheduler that says who does the next step.

What passes through here is the project's own code for every decision (plan, index, caches, backlog, reactions, the
decider's answers, the relay's choice, the clock, the folds of a rebuild, the gateway's group writer). Modelled are
Kafka (`broker`), PostgreSQL (`tables`: sessions, locks, transactions) and the steps between their calls, each of which
a process may not survive. `world` runs a seed, `weather` is what goes wrong, `law` what has to hold once it is calm,
`bugs` are planted to show that it would be seen.
"""
