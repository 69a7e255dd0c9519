"""What a batch needs to know of the tables before it is planned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from projections.families import FAMILIES
from projections.family import State
from projections.store.columns import entity_table
from projections.store.restate import STREAM_RECORDS
from projections.store.rows import Indexed, Judged


def load_indexed(cursor: Any, judged: Judged, schema: str = "shanzhi") -> dict[str, Indexed]:
    """What the index (of that schema) holds of the identities, by identity."""
    identities = judged.identities()
    if not identities:
        return {}
    cursor.execute(
        f"select replace(identity::text, '-', ''), ledger_offset, encode(content, 'hex') "
        f"from {schema}.event_index_{int(judged.partition)} where identity = any(%s::uuid[])",
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


def load_places(
    cursor: Any, partition: int, subjects: Collection[str], below: int
) -> dict[str, dict[int, str] | None]:
    """Where the records of streams stand below an offset, with their content; None for a stream too long to correct."""
    found: dict[str, dict[int, str] | None] = {subject: {} for subject in subjects}
    if not subjects:
        return found
    cursor.execute(
        f"select wanted.subject, held.* from unnest(%s::text[]) wanted(subject) cross join lateral ("
        f"select ledger_offset, encode(content, 'hex') from shanzhi.event_index_{int(partition)} own "
        "where own.subject = wanted.subject and ledger_offset < %s limit %s) held order by 1, 2",
        (list(subjects), below, STREAM_RECORDS + 1),
    )
    for subject, offset, content in cursor:
        places = found[subject]
        if places is not None:
            places[offset] = content
            if len(places) > STREAM_RECORDS:
                found[subject] = None
    return found
