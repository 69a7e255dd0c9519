"""How batches of the ledger become rows: planned purely, executed in one transaction with the position.

`plan` decides (index, repeats, quarantine, folds), `restate` what corrected streams come to, `sums` what follows
(tallies, clocks, watermarks, requests), and none of them knows a database; `apply` locks, loads and writes what was
planned; `generation` keeps tables of different folds apart.
"""
