"""Writes docs/contract/read_v1.json anew, from a database of its own: python -m tests.contract.write_read_contract

Views and columns that people have built on are never taken away, moved or given another type: then nothing is written,
and each broken promise is named. What has to change gets another name, beside the old one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from projections.families import fingerprint
from projections.store.connection import connect
from projections.store.generation import ensure_generation
from projections.store.migrate import migrate
from projections.store.read_contract import views_of
from shanzhi.stack import Stack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "contract" / "read_v1.json"
Contract = Mapping[str, Mapping[str, Any]]
"""Views by name: {title, columns: {name: {type, title}}}."""


def contract_of(cursor: Any, generation: str) -> Contract:
    """What a generation answers for."""
    return {
        view.name: {
            "title": view.titles[""],
            "columns": {
                name: {"type": type_, "title": view.titles[name]}
                for name, type_ in zip(view.columns, view.types, strict=True)
            },
        }
        for view in views_of(cursor, generation)
    }


def broken(before: Contract, after: Contract) -> list[str]:
    """The promises that a new edition does not keep. Columns are added at the end alone: some read them by number."""
    found = []
    for name, view in before.items():
        if name not in after:
            found.append(f"{name}: the view was removed")
            continue
        columns = after[name]["columns"]
        for number, (column, told) in enumerate(view["columns"].items()):
            if column not in columns:
                found.append(f"{name}.{column}: the column was removed")
            elif columns[column]["type"] != told["type"]:
                found.append(f"{name}.{column}: the type changed from {told['type']} to {columns[column]['type']}")
            elif list(columns).index(column) != number:
                found.append(f"{name}.{column}: the column was moved")
    return found


def text(contract: Contract) -> str:
    """As it stands in the file."""
    return orjson.dumps(contract, option=orjson.OPT_INDENT_2).decode() + "\n"


def kept() -> Contract:
    """The edition that people rely on."""
    loaded: Contract = orjson.loads(PAGE.read_bytes()) if PAGE.exists() else {}
    return loaded


def _present() -> Contract:
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), kafka=False) as stack:
        url = stack.endpoints.database_url
        migrate(url)
        with closing(connect(url, "shanzhi contract")) as connection:
            generation = ensure_generation(connection, fingerprint())
            with connection, connection.cursor() as cursor:
                return contract_of(cursor, generation)


if __name__ == "__main__":
    present = _present()
    if promises := broken(kept(), present):
        sys.exit("Nothing was written; what changes needs another name:\n" + "\n".join(promises))
    PAGE.write_text(text(present), encoding="utf-8")
