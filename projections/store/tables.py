"""The tables that a batch writes to: their columns with SQL types, and what tells one row from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from projections.families import FAMILIES, TALLIES
from projections.family import Tally
from projections.store.columns import entity_table, tally_names


@dataclass(frozen=True)
class Table:
    """A name with its schema, where that is not the generation's, columns with their types, and the key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    def of(self, name: str) -> Table:
        """The same columns in another table."""
        return replace(self, name=name)

    @property
    def label(self) -> str:
        """The name as part of another one."""
        return self.name.replace(".", "_")

    @property
    def rest(self) -> tuple[str, ...]:
        """The columns besides the key."""
        return tuple(name for name in self.columns if name not in self.key)


INDEX = Table(
    "shanzhi.event_index",
    {
        "partition": "smallint",
        "ledger_offset": "bigint",
        "identity": "uuid",
        "content": "bytea",
        "subject": "text",
        "unfolded": "boolean",
    },
    ("partition", "identity"),
)
QUARANTINE = Table(
    "shanzhi.quarantine",
    {
        "partition": "smallint",
        "ledger_offset": "bigint",
        "stamp": "timestamptz",
        "reason": "text",
        "detail": "text",
        "identity": "uuid",
    },
    ("partition", "ledger_offset"),
)
REQUEST = Table(
    "shanzhi.request",
    {
        "id": "uuid",
        "kind": "text",
        "key": "text",
        "subject": "text",
        "cause_id": "text",
        "cause_source": "text",
        "time": "timestamptz",
        "stamp": "timestamptz",
        "partition": "smallint",
        "ledger_offset": "bigint",
        "details": "jsonb",
    },
    ("id",),
)
ANOMALY = Table(
    "anomaly",
    {
        "partition": "smallint",
        "ledger_offset": "bigint",
        "time": "timestamptz",
        "subject": "text",
        "event": "text",
        "reason": "text",
    },
    ("partition", "ledger_offset"),
)
DEADLINE = Table(
    "deadline",
    {
        "subject": "text",
        "clock": "text",
        "key": "text",
        "holder": "text",
        "started_at": "timestamptz",
        "recorded_at": "timestamptz",
        "span_class": "text",
        "due": "timestamptz",
        "pauses": "jsonb",
    },
    ("subject", "clock", "key"),
)
WATERMARK = Table(
    "watermark",
    {
        "partition": "smallint",
        "source": "text",
        "day": "date",
        "events": "bigint",
        "newest_time": "timestamptz",
        "newest_stamp": "timestamptz",
    },
    ("partition", "source", "day"),
)


@cache
def entities(family: str) -> Table:
    """The table of a family's states."""
    table = entity_table(family)
    return Table(table.name, {"subject": "text", **{column.name: column.sql for column in table.columns}}, ("subject",))


@cache
def tallies(tally: Tally) -> Table:
    """The table of a tally's rows."""
    types = {name: "date" if name == "day" else "text" for name in tally.key}
    return Table(tally.table, {name: types.get(name, "bigint") for name in tally_names(tally)}, tally.key)


def generation_tables() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every table of a generation with its key, in one order."""
    yield "position", ("partition",)
    for table in (ANOMALY, DEADLINE, WATERMARK):
        yield table.name, table.key
    for family in FAMILIES.values():
        yield family.table, ("subject",)
    for tally in TALLIES:
        yield tally.table, tally.key
