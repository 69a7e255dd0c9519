"""Events name their schema where the newest version of their type is not the first one."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.event import latest


def in_newest(type_: str) -> Mapping[str, str]:
    """What an event of the newest version has beside its other attributes; who names no schema says version 1."""
    kind = latest[type_]
    return {"dataschema": kind.dataschema} if kind.version > 1 else {}
