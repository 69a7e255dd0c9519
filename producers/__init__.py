"""Ways in. Whatever somebody reports passes here: it is held against the catalogue, its personal fields are
sealed, and only what Kafka has acknowledged is called published. `Publisher` is the front of the ledger's one
writer for Python programs, `lines` publishes a stream of JSON lines; both run with our own credentials."""

from ledger.writer import Receipt
from producers.publisher import Publisher

__all__ = ["Publisher", "Receipt"]
