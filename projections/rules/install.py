"""Puts the functions of `sql/functions/*.sql` into a generation's schema.

They are code, not data: a worker that starts with other SQL replaces them, whatever the folds' version. Each
remembers the schema that it was made in (`set search_path from current`), so that a function of an old
generation never reads tables of a new one, nor what somebody who asks has made for a session.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

_MARK = "shanzhi functions 2 "  # counted on when they are made otherwise


def install_functions(cursor: Any) -> bool:
    """Brings the functions of the schema that is first in search_path up to date; false where they were.

    Call it inside a transaction, after `set local search_path` to the generation alone: that path is what the
    functions remember. Two callers wait for each other.
    """
    text, mark = _sql()
    cursor.execute("select current_schema()::text, current_schemas(false)::text[]")
    schema, path = cursor.fetchone()
    if path != [schema]:
        raise ValueError(f"functions are made with one schema in search_path, not {path}")
    cursor.execute("select pg_advisory_xact_lock(hashtext('functions of ' || %s))", (schema,))
    cursor.execute("select obj_description(quote_ident(%s)::regnamespace, 'pg_namespace')", (schema,))
    if cursor.fetchone()[0] == mark:
        return False
    cursor.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = quote_ident(%s)::regnamespace",
        (schema,),
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"drop function {function}")
    cursor.execute(f"set local search_path = {schema}, pg_temp")  # named, it comes last
    cursor.execute(text)
    cursor.execute(f"set local search_path = {schema}")
    cursor.execute(f"comment on schema {schema} is '{mark}'")
    return True


@cache
def _sql() -> tuple[str, str]:
    """All files in order of name, and a mark that changes when they do."""
    folder = files("projections.sql") / "functions"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=lambda one: one.name)
    text = "\n".join(one.read_text(encoding="utf-8") for one in found)
    return text, _MARK + sha256(text.encode()).hexdigest()[:16]
