"""The functions that answer for the SQL contract, made from the files of `sql/read_v1`.

The files are templates, so that each statement has one home: `<<cases>>` stands for that of `sql/read/cases.sql`,
`<<wishes>>` for that of the book of this name, with nothing filtered, `<<words>>` for all codes with their words.
Arguments are SQL: `<<overview: level = 'town'>>`.
"""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files
from typing import Any

from projections.rules.preset import RULES

_INCLUDED = re.compile(r"<<([\w-]+)(?:: ([^>]+))?>>")


def answers(cursor: Any) -> tuple[str, str]:
    """All functions in order of their files' names, and a mark that changes when they do."""
    folder = files("projections.sql") / "read_v1"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=lambda one: one.name)
    written = "\n".join(one.read_text(encoding="utf-8") for one in found)
    text = _INCLUDED.sub(lambda told: _statement(cursor, told[1]) % _arguments(told[2]), written)
    return text, sha256(text.encode()).hexdigest()[:16]


class _Arguments(dict[str, str]):
    """What a statement refers to by name, as SQL; a filter that is not given is open."""

    def __missing__(self, name: str) -> str:
        return "null"


def _arguments(given: str | None) -> _Arguments:
    """Those of every statement, and those that an include gives, `name = SQL; name = SQL`. In brackets each is
    computed once for a statement, not for each row."""
    arguments = _Arguments(
        {name: f"(select contract_rule('{name}', contract_now()))" for name in RULES},
        as_of="(select contract_now())",
        overdue="false",
    )
    for one in re.split(r";\s+", given) if given else ():
        name, _, text = one.partition(" = ")
        arguments[name] = text
    return arguments


def _statement(cursor: Any, name: str) -> str:
    file = files("projections.sql") / "read" / f"{name}.sql"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    # imported when they are asked for: all read models, which a process that makes no generation has no use for
    from projections.read.book import statement
    from projections.read.declared import Book
    from projections.read.models import of_kind
    from projections.read.words import IN_COLUMN, WORDS

    if name == "words":
        codes = IN_COLUMN | {("", code): word for code, word in WORDS.items()}
        return "values " + ", ".join(f"('{column}', '{code}', '{word}')" for (column, code), word in codes.items())
    return statement(of_kind(Book, name), [], has_period=False, has_subject=False).as_string(cursor)
