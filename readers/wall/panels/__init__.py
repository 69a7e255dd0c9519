"""The panels of the wall, by what they speak of. Each says what it asks, and what it makes of the answers."""
