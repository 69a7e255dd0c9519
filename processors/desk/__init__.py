"""The quarantine desk: what lies in quarantine, what can be done about it, and what was decided.

`references` names a record, `register` asks and writes the tables, `advice` says in words what a reason means,
`originals` fetches what was sent, `repair` makes an event of it that can be published, `vouching` says with whose
rights. Publishing is the caller's.
"""
