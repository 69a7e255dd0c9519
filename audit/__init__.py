"""History: rebuilt, replayed, proven unaltered, explained, taken out, and forgotten where somebody has that right."""
