"""What is true now, derived from the ledger and from nothing else.

One module a family holds the pure fold of its streams (`case`, `duty`, `act`, …); `store` applies batches of
records to PostgreSQL, rows and position in one transaction; `rules` holds the versioned parameters of scores;
`read` answers the questions that people have.
"""
