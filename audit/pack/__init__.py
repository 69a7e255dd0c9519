"""Audit packs 审计包: one zip about a case, or about a unit or place over a period, that proves itself offline.

What passes through here: what is asked about in; the events that tell of it, as the ledger holds them, with proofs,
seals, results, rules and a verifier out. Nothing is unsealed, and the same ledger gives the same bytes.
"""

from audit.pack.about import About
from audit.pack.gather import PackRefused
from audit.pack.making import Packed, about_case, about_place, about_unit, pack

__all__ = ["About", "PackRefused", "Packed", "about_case", "about_place", "about_unit", "pack"]
