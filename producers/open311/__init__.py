"""Open311 GeoReport v2: a way in for reports of residents' apps, and a way to read back what became of them.

A report passes `form` (what was sent), `filing` (which event it is) and the gateway's own front, with its checks and
its identity. `asked` says which requests somebody wants to see, `shown` how they look, `wire` writes XML or JSON.
"""
