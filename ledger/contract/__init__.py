"""The catalogue as other programs read it: JSON Schema, AsyncAPI, and what a new edition of them must not break.

Everything is derived from the registry and is plain data, ready to be printed as JSON; no order is left to chance.
"""
