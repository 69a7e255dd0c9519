"""Seals and tiles in PostgreSQL: `shanzhi.seal`, `shanzhi.seal_tile`, `shanzhi.seal_position`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.seals import Seal, parse_seal
from audit.tiles import Load, Tiles
from ledger.errors import StoreUnsound

_AT_ONCE = 500
_SAVE = (
    "insert into shanzhi.seal_tile (partition, level, number, hashes) "
    "select * from unnest(%s::smallint[], %s::smallint[], %s::bigint[], %s::bytea[]) "
    "on conflict (partition, level, number) do update set hashes = excluded.hashes"
)


def ledger_id(cursor: Any) -> str:
    """Our id of the ledger: the installation's, which lies in PostgreSQL and is restored with it.

    Not Kafka's topic id: a ledger that comes back from its archive has another one, and the same history.
    """
    cursor.execute("select id::text from shanzhi.installation")
    return str(cursor.fetchone()[0])


def positions(cursor: Any, *, locked: bool = False) -> dict[int, int]:
    """How far the tiles reach, by partition; locked, nobody else adds any until the transaction's end."""
    suffix = " for update" if locked else ""
    cursor.execute(f"select partition, next from shanzhi.seal_position order by partition{suffix}")
    return dict(cursor.fetchall())


def tiles_of(cursor: Any, partition: int) -> Load:
    """A partition's tiles, each read when it is asked for."""

    def load(level: int, number: int) -> bytes:
        cursor.execute(
            "select hashes from shanzhi.seal_tile where partition = %s and level = %s and number = %s",
            (partition, level, number),
        )
        row = cursor.fetchone()
        return bytes(row[0]) if row else b""

    return load


def save_tiles(cursor: Any, grown: Mapping[int, Tiles], following: Mapping[int, int]) -> None:
    """Keeps tiles, by partition, and how far they reach now."""
    rows = [(number, *place, hashes) for number, tiles in sorted(grown.items()) for place, hashes in tiles.items()]
    if rows:
        cursor.execute(_SAVE, tuple(list(column) for column in zip(*rows, strict=True)))
    cursor.execute(
        "update shanzhi.seal_position set next = told.next from unnest(%s::smallint[], %s::bigint[]) "
        "told (partition, next) where seal_position.partition = told.partition",
        (list(following), list(following.values())),
    )


def save_seal(cursor: Any, seal: Seal) -> None:
    """Adds a seal."""
    cursor.execute(
        "insert into shanzhi.seal (number, made_at, records, line) values (%s, %s, %s, %s)",
        (seal.number, seal.made_at, seal.records, seal.line),
    )


def last_seal(cursor: Any) -> Seal | None:
    """The newest seal. Raises `StoreUnsound` where its line is none."""
    cursor.execute("select number, line from shanzhi.seal order by number desc limit 1")
    row = cursor.fetchone()
    return _parsed(*row) if row else None


def seal_at(cursor: Any, number: int) -> Seal | None:
    """One seal by its number. Raises `StoreUnsound` where its line is none."""
    cursor.execute("select number, line from shanzhi.seal where number = %s", (number,))
    row = cursor.fetchone()
    return _parsed(*row) if row else None


def seals_since(cursor: Any, number: int) -> Iterator[Seal]:
    """All seals after this number, in their order. Raises `StoreUnsound` where a line is none."""
    while True:
        cursor.execute(
            "select number, line from shanzhi.seal where number > %s order by number limit %s", (number, _AT_ONCE)
        )
        rows = cursor.fetchall()
        if not rows:
            return
        for number, line in rows:
            yield _parsed(number, line)


def _parsed(number: int, line: str) -> Seal:
    seal = parse_seal(line)
    if seal is None or seal.number != number:
        raise StoreUnsound(
            f"封印 {number} 的记录已损坏 · the line of seal {number} in shanzhi.seal is none",
            "从保存在别处的封印文件恢复 · Compare it with the file of seals kept elsewhere: shanzhi seal check",
        )
    return seal
