"""The HTTP way in: CloudEvents over HTTP, answered with a receipt only after the ledger has acknowledged.

A request passes `access` (whose key), `body` (how much, how fast), `modes` (which events), `rate` (how many), and
`front`, which checks, seals and writes many requests together. `app` holds the routes, `server` runs them.
"""
