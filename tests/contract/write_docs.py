"""Writes the generated pages of docs/ anew: python -m tests.contract.write_docs"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import ledger.events  # noqa: F401 - fills the registry
from ledger.event import EventKind, latest

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = """\
# Events · 事件目录

What can be said in the ledger, written from the registry by `python -m tests.contract.write_docs`; a test
holds this page to it. One type with its fields, limits and a sample: `shanzhi describe case.whistled`.
密封 names the personal fields: the way in seals them under their owner's key, and the ledger holds nothing
else of them.
"""
TABLE = "| type | 术语 | subject | what happened | 密封 personal |\n|---|---|---|---|---|"


def events_page() -> str:
    """`docs/events.md`: the newest version of every type, a table for each family."""
    return "\n".join([HEAD, *_families()]).rstrip("\n") + "\n"


def _families() -> Iterator[str]:
    by_family = attrgetter("family")
    for family, kinds in groupby(sorted(latest.values(), key=by_family), by_family):
        yield f"## {family}\n\n{TABLE}"
        yield from map(_row, kinds)
        yield ""


def _row(kind: EventKind) -> str:
    name = f"`{kind.type}`" if kind.version == 1 else f"`{kind.type}` (version {kind.version})"
    subjects = ", ".join(f"`{subject}/…`" for subject in kind.subjects)
    personal = ", ".join(f"`{kind.wire_names[field.name]}`" for field in kind.personal)
    cells = (name, kind.term, subjects, kind.summary, personal)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    (DOCS / "events.md").write_text(events_page(), encoding="utf-8")
