"""What a batch needs to know of the tables before it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from projections.families import FAMILIES
from projections.family import State
from projections.store.columns import entity_table
from projections.store.plan import Indexed, Judged


def load_indexed(cursor: Any, judged: Judged) -> dict[str, Indexed]:
    """What the index holds of the identities, by identity."""
    identities = judged.identities()
    if not identities:
        return {}
    cursor.execute(
        f"select replace(identity::text, '-', ''), ledger_offset, encode(content, 'hex') "
        f"from shanzhi.event_index_{int(judged.partition)} where identity = any(%s::uuid[])",
        ("{" + ",".join(identities) + "}",),
    )
    return {identity: Indexed(offset, content) for identity, offset, content in cursor}


def load_states(cursor: Any, subjects: set[str], cached: Mapping[str, State]) -> dict[str, State]:
    """The states of those subjects that have one: the cached ones, and the rest from the generation in search_path."""
    states = {subject: cached[subject] for subject in subjects if subject in cached}
    missing: dict[str, list[str]] = {}
    for subject in subjects:
        if subject not in states:
            missing.setdefault(subject.partition("/")[0], []).append(subject)
    for family in FAMILIES:
        if family in missing:
            table = entity_table(family)
            cursor.execute(f"select {table.names} from {table.name} where subject = any(%s)", (missing[family],))
            for row in cursor:
                states[row[0]] = table.decode(row)
    return states
