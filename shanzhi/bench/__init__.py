"""Measures on real servers what the design promises. A bench takes numbers of events and workers, and gives
figures with what they were measured on; each one also checks that what it measured was right."""
