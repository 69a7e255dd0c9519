"""The ledger itself, out to files and back in at the same offsets: records in compressed segments by partition, a
manifest with what they hash to, and the seals; checked record by record before anything is trusted or restored."""
