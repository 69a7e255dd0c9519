"""What runs all the time: the Faust app that hands batches of the ledger to the store.

A partition's records pass from Kafka through `batches` (Faust's seam) to `projector` (lanes of threads) and from
there into PostgreSQL; `worker` is the process around it, with its watchdog, signals and exit codes.
"""
