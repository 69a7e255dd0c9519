"""The bulletin 通报 of a community or unit: figures, ranks, what changed, and the seal that it rests on."""
