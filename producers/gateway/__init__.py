"""The HTTP way in: CloudEvents over HTTP, answered with a receipt only after the ledger has acknowledged.

A request passes `access` (whose key), `body` (how much, how fast), `modes` (which events), `rate` (how many), and
`front`, which gathers requests into groups that `writing` checks, seals and sends. `app` holds the routes, `server`
runs them.
"""
