"""Tables of other systems (12345, 311) as facts: each row becomes a case and what is known to have become of it.

`reading` gives rows of a CSV or Excel file, `mapping` says which column means what (`guess` writes a first one),
`facts` makes events of a row, `importing` checks, seals and writes them, and keeps to what the ledger has already.
"""
