"""Compares the tables of a generation with those of a fresh fold, byte for byte, and names what differs first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from projections.families import FAMILIES, TALLIES
from projections.store.columns import entity_table

_SHOWN_CHARACTERS = 200


@dataclass
class Comparison:
    """Digests by table of what stands in PostgreSQL; `differences` name the first differing row of a table."""

    records: int
    digests: dict[str, str] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether every table is what a fresh fold of the ledger makes."""
        return not self.differences


class _Table(NamedTuple):
    """A pair of queries that have to give the same rows; `key` orders them and names one."""

    name: str
    live: str
    fresh: str
    key: tuple[str, ...]


def compare_tables(cursor: Any, generation: str, scratch: str, records: int) -> Comparison:
    """Every table of the generation and of what is permanent, against the same tables in the schema `scratch`."""
    comparison = Comparison(records)
    for table in _tables(generation, scratch):
        order = ", ".join(table.key)
        live, fresh = (_digest(cursor, f"{query} order by {order}") for query in (table.live, table.fresh))
        comparison.digests[table.name] = live
        if live != fresh:
            comparison.differences.append(f"{table.name}: {_first_difference(cursor, table)}")
    return comparison


def _tables(generation: str, scratch: str) -> Iterator[_Table]:
    columns = "partition, ledger_offset, identity, content, subject"  # what was unknown once may be known now
    yield _pair("event_index", f"select {columns} from", "shanzhi", scratch, ("partition", "ledger_offset"))
    yield _quarantine(scratch)
    alike = f" where partition in (select partition from {scratch}.index_position)"
    counts = _pair("index_position", "select * from", "shanzhi", scratch, ("partition",))
    yield counts._replace(live=counts.live + alike)
    yield _pair("position", "select * from", generation, scratch, ("partition",))
    yield _pair("anomaly", "select * from", generation, scratch, ("partition", "ledger_offset"))
    yield _pair("deadline", "select * from", generation, scratch, ("subject", "clock", "key"))
    yield _pair("watermark", "select * from", generation, scratch, ("partition", "source", "day"))
    for family in FAMILIES:
        yield _pair(entity_table(family).name, "select * from", generation, scratch, ("subject",))
    for tally in TALLIES:
        yield _pair(tally.table, "select * from", generation, scratch, tally.key)


def _quarantine(scratch: str) -> _Table:
    """A verdict of before there was the column has no identity, and a fresh one is not held against that."""
    verdict = "partition, ledger_offset, fresh.stamp, fresh.reason, fresh.detail"
    fresh = (
        f"select {verdict}, case when kept.ledger_offset is null or kept.identity is not null then fresh.identity end "
        f"as identity from {scratch}.quarantine fresh left join shanzhi.quarantine kept "
        "using (partition, ledger_offset)"
    )
    live = "select partition, ledger_offset, stamp, reason, detail, identity from shanzhi.quarantine"
    return _Table("quarantine", live, fresh, ("partition", "ledger_offset"))


def _pair(name: str, select: str, live: str, fresh: str, key: tuple[str, ...]) -> _Table:
    return _Table(name, f"{select} {live}.{name}", f"{select} {fresh}.{name}", key)


class _Digesting:
    """A file that only hashes what is written to it."""

    def __init__(self) -> None:
        self.hash = sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return len(data)


def _digest(cursor: Any, query: str) -> str:
    target = _Digesting()
    cursor.copy_expert(f"copy ({query}) to stdout", target)
    return target.hash.hexdigest()


def _first_difference(cursor: Any, table: _Table) -> str:
    """The first row that differs, by its key, and which of its cells do."""
    live = _first_of(cursor, table.live, table.fresh, table.key)
    fresh = _first_of(cursor, table.fresh, table.live, table.key)
    if live is None and fresh is None:
        return "the same rows in another number"
    keys = [[str(row[name]) for name in table.key] if row else None for row in (live, fresh)]
    if live and fresh and keys[0] == keys[1]:
        cells = [
            f"{name} is {_shown(value)}, a fresh fold says {_shown(fresh[name])}"
            for name, value in live.items()
            if value != fresh[name]
        ]
        return f"{_named(table, live)}: {'; '.join(cells)}"
    found = [("only in the tables", live), ("only in the fresh fold", fresh)]
    return "; ".join(f"{where}: {_named(table, row)}" for where, row in found if row)


def _first_of(cursor: Any, one: str, other: str, key: tuple[str, ...]) -> dict[str, Any] | None:
    cursor.execute(f"({one}) except ({other}) order by {', '.join(key)} limit 1")
    row = cursor.fetchone()
    return dict(zip((column.name for column in cursor.description), row, strict=True)) if row else None


def _named(table: _Table, row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {row[name]}" for name in table.key)


def _shown(value: Any) -> str:
    text = bytes(value).hex() if isinstance(value, memoryview) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
