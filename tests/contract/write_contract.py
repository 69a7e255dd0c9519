"""Writes docs/contract anew: python -m tests.contract.write_contract

What publishers rely on is never narrowed by a new edition: then nothing is written, and each broken promise is named.
Such a change needs a new version of the type, beside the old one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from ledger.contract.asyncapi import asyncapi
from ledger.contract.compatibility import incompatible
from ledger.contract.document import text
from ledger.contract.json_schema import all_schemas
from producers.gateway.document import openapi

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contract"
DOCUMENTS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "schemas.json": all_schemas,
    "asyncapi.json": asyncapi,
    "openapi.json": openapi,
}


def write(folder: Path = FOLDER, documents: Mapping[str, Callable[[], dict[str, Any]]] = DOCUMENTS) -> list[str]:
    """Writes all of them, or none and says what would break."""
    kept = folder / "schemas.json"
    before = orjson.loads(kept.read_bytes()) if kept.exists() else {}
    if broken := incompatible(before, documents["schemas.json"]()):
        return broken
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (folder / name).write_text(text(document()), encoding="utf-8")
    return []


if __name__ == "__main__":
    if promises := write():
        sys.exit("Nothing was written; a new version is needed:\n" + "\n".join(promises))
