"""From governance.intake into the ledger: for publishers that speak Kafka themselves.

`careful` reads whatever stands in the topic, `arrival` bounds it, `reading` finds the event in a record, `judging`
says whether it is forwarded or not and why, `lane` forwards it or puts it into quarantine (`originals`, `store`) and
deletes it from the topic (`clearing`). `agent` is the process around it, `chores` what it does beside batches.
"""
