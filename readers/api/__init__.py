"""The read API: every read model with its filters, as JSON or CSV, with how fresh it is and by which rules."""
