"""The permanent schemas, `shanzhi` and `vault`, out to one encrypted file and back: what no fold of the ledger can
make anew. Tables of generations are left out, since a rebuild makes them."""
