"""Tables of a generation of which only some entities were folded; gone with the transaction, or before it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from projections.families import FAMILIES
from projections.family import State
from projections.rules.install import install_functions
from projections.store.columns import encode_tally, entity_table, tally_names
from projections.store.generation import create_tables
from projections.store.rows import Plan
from projections.store.script import copy
from projections.store.sums import sum_shares


@contextmanager
def scratch_tables(cursor: Any) -> Iterator[str]:
    """A schema with empty tables and all functions."""
    schema = f"explain_{secrets.token_hex(4)}"
    cursor.execute("savepoint explained")
    create_tables(cursor, schema)
    install_functions(cursor)
    yield schema
    cursor.execute("rollback to savepoint explained")


@contextmanager
def filled(cursor: Any, schema: str, states: Mapping[str, State]) -> Iterator[None]:
    """The rows of these entities, and of the tallies what they contribute; the tables are empty again afterwards."""
    cursor.execute("savepoint filled")
    plan = Plan(0, 0, None, 0)
    for name in FAMILIES:
        own = {subject: state for subject, state in states.items() if subject.startswith(f"{name}/")}
        if own:
            table = entity_table(name)
            rows = [table.encode(subject, state) for subject, state in own.items()]
            copy(cursor, f"{schema}.{table.name} ({table.names})", rows)
            sum_shares(name, own, {}, plan)
    for tally, rows_of in plan.tallies.items():
        cells = [encode_tally(row.key, row.deltas, row.contributors) for row in rows_of]
        copy(cursor, f"{schema}.{tally.table} ({', '.join(tally_names(tally))})", cells)
    yield
    cursor.execute("rollback to savepoint filled")


@contextmanager
def without(cursor: Any, schema: str, subject: str, state: State) -> Iterator[None]:
    """The same tables as if one entity had never been."""
    family = FAMILIES[subject.partition("/")[0]]
    cursor.execute("savepoint without_one")
    cursor.execute(f"delete from {schema}.{family.table} where subject = %s", (subject,))
    for share in family.contribute(state):
        tally = share.tally
        fewer = ", ".join(f"{name} = {name} - %s" for name in (*tally.measures, "contributors"))
        key = " and ".join(f"{name} = %s" for name in tally.key)
        cursor.execute(f"update {schema}.{tally.table} set {fewer} where {key}", (*share.values, 1, *share.key))
        cursor.execute(f"delete from {schema}.{tally.table} where {key} and contributors = 0", share.key)
    yield
    cursor.execute("rollback to savepoint without_one")
