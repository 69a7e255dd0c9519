"""What a login may publish, and how far it sees."""
