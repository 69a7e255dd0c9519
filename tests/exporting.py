"""Exports of the shared ledger, read back, and what they are held against."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow.parquet as pq

from audit.bulk import Selection, export
from audit.bulk.spreadsheet import plain_cell
from tests.folded import Folded

Position = tuple[int, int]


def silent(done: int, total: int) -> None:
    pass


def counted(folded: Folded) -> dict[Position, Any]:
    """Every record that the index names, as the ledger holds it."""
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select partition, ledger_offset from shanzhi.event_index")
        places = set(cursor.fetchall())
    return {
        (batch.partition, raw.offset): raw
        for batch in folded.delivered
        for raw in batch.records
        if (batch.partition, raw.offset) in places
    }


def exported(folded: Folded, folder: Path, selection: Selection, format_: str = "parquet") -> list[dict[str, Any]]:
    ends = folded.endpoints
    path, done = export(ends.kafka_bootstrap, ends.database_url, selection, format_, folder, silent)
    if format_ == "csv":
        text = path.read_bytes()
        assert text.startswith(b"\xef\xbb\xbfpartition,") and text.count(b"\r\n") == text.count(b"\n")
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = [{name: plain_cell(cell) or None for name, cell in row.items()} for row in csv.DictReader(file)]
    else:
        found = pq.read_table(path).to_pylist()
    assert len(found) == done.events + done.quarantined
    return found
