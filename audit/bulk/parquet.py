"""Rows into Parquet: zstd, row groups of about 50,000; times are timestamps in UTC, `data` is JSON as text.

Needs the extra `export` (pyarrow), and imports it only where a file of this format is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from audit.bulk.events import COLUMNS, Row

GROUP_ROWS = 50_000


def write_parquet(path: Path, pieces: Iterable[bytes]) -> None:
    """Writes pieces of `columns_of` into one file, small ones together. Raises `ModuleNotFoundError`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[Any] = []
    with pq.ParquetWriter(path, _schema(), compression="zstd", compression_level=1) as writer:
        for piece in pieces:
            waiting.append(pa.ipc.open_stream(piece).read_all())
            if sum(table.num_rows for table in waiting) >= GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting.clear()
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def columns_of(rows: list[Row]) -> bytes:
    """Rows as columns, in the form that Arrow passes between processes. Raises `ModuleNotFoundError`."""
    import pyarrow as pa

    schema = _schema()
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    made = [pa.array(column, field.type) for field, column in zip(schema, columns, strict=True)]
    written = pa.BufferOutputStream()
    with pa.ipc.new_stream(written, schema) as stream:
        stream.write_table(pa.table(made, schema=schema))
    content: bytes = written.getvalue().to_pybytes()
    return content


def _schema() -> Any:
    import pyarrow as pa

    types: dict[str, Any] = dict.fromkeys(COLUMNS, pa.string())
    types |= {"partition": pa.int16(), "offset": pa.int64(), "version": pa.int16()}
    types |= {"stamp": pa.timestamp("ms", "UTC"), "time": pa.timestamp("us", "UTC")}
    return pa.schema(list(types.items()))
