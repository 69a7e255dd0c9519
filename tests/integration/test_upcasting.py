"""A real ledger that holds both versions of patrols folds to what it would be, had all been told in version 2."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import Any

import orjson
import psycopg2

from ledger.record import Batch, RawRecord, StoredRecord
from ledger.topics import PARTITIONS
from projections.store.memory import MemoryStore
from tests.folded import Folded

OLD, NEW = "urn:shanzhi:patrol.made:1", "urn:shanzhi:patrol.made:2"
STATE = ("made_at", "team", "place", "members", "began", "ended", "metres")
TALLIES = {
    "tally_patrol_day": "place, day, patrols, minutes, members, contributors",
    "tally_patrol_team": "team, day, patrols, minutes, members, contributors",
    "tally_patrol_person": "person, day, patrols, minutes, contributors",
}


def newer(raw: RawRecord, told: Counter[str]) -> StoredRecord:
    """The record as a publisher of version 2 would have told it; every other one as it is."""
    value = raw.value or b""
    for version in (OLD, NEW):
        told[version] += version.encode() in value
    if OLD.encode() in value:
        event = orjson.loads(value)
        event |= {"dataschema": NEW, "data": {**event["data"], "persons": event["data"].pop("members")}}
        value = orjson.dumps(event)
    return StoredRecord(raw.offset, raw.timestamp, raw.key, value)


def rows(folded: Folded, columns: str, table: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"select {columns} from {folded.generation}.{table}")
        return sorted(cursor.fetchall(), key=str)


def test_a_mixed_ledger_folds_as_one_of_version_2_alone(folded: Folded) -> None:
    store, told = MemoryStore(PARTITIONS), Counter[str]()
    for batch in folded.delivered:
        records = [newer(raw, told) for raw in batch.records]
        store.apply(Batch(batch.partition, records, records[0].offset))
    assert min(told[OLD], told[NEW]) > 10, "both versions are told"

    states = {subject: one for subject, one in store.entities.items() if subject.startswith("patrol/")}
    expected = [
        (subject, *(list(value) if isinstance(value := getattr(one, name), tuple) else value for name in STATE))
        for subject, one in states.items()
    ]
    assert rows(folded, f"subject, {', '.join(STATE)}", "entity_patrol") == sorted(expected, key=str)
    assert {row[-1] is None for row in expected} == {True, False}, "and the way's length is known of some"
    for table, columns in TALLIES.items():
        assert rows(folded, columns, table) == sorted(
            ((*key, *sums) for key, sums in store.tallies[table].items()), key=str
        )
