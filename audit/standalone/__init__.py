"""Programs that leave the house: they check receipts and packs with Python alone, and import nothing of ours."""
